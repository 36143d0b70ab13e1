/** A stylesheet as its text (component.mjs). */
declare module "*.css" {
  const text: string;
  export default text;
}
