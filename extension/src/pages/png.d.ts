/** A picture as a data: address. */
declare module "*.png" {
  const address: string;
  export default address;
}
