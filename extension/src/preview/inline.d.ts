declare module "inline-worker:*" {
  const text: string;
  export default text;
}

declare module "inline-bytes:*" {
  /** Base64. */
  const bytes: string;
  export default bytes;
}
