/** A PDF in the bundle, as its bytes. */
declare module "*.pdf" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
