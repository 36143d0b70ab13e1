declare module "inline-worker:*" {
  const text: string;
  export default text;
}

declare module "inline-bytes:*" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
