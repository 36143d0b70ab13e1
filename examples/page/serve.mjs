// A page with <sign-with-cmd>, and the little of a back end that it needs. No dependencies.
//
//   PORT=8080 SERVER=ws://127.0.0.1:8765/ SECRET=secret.txt PDF=contrato.pdf node examples/page/serve.mjs
//
// SECRET is the file that "cmdsign serve" has as serve.tokens.secret (without it, no token is made), AUDIENCE its serve.tokens.audience,
// SERVER_KEY the id (kid) of its key, where it's to be pinned.

import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const { PORT = "8080", SERVER = "ws://127.0.0.1:8765/", SECRET, AUDIENCE = "cmdsign", SERVER_KEY, PDF } = process.env;
const here = (path) => new URL(path, import.meta.url);

/** A token for one signature within the hour. A real back end makes one for whoever is logged in. */
async function token() {
  if (!SECRET) return undefined;
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + 3600, jti: crypto.randomUUID(), signatures: 1 };
  const said = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  // Bytes, as the server reads them: random ones aren't UTF-8. Line ends at its end don't count.
  const file = await readFile(SECRET);
  let length = file.length;
  while (length > 0 && (file[length - 1] === 0x0a || file[length - 1] === 0x0d)) length--;
  return `${said}.${createHmac("sha256", file.subarray(0, length)).update(said).digest("base64url")}`;
}

const files = {
  "/": ["text/html; charset=utf-8", () => readFile(here("index.html"))],
  "/page.js": ["text/javascript", () => readFile(here("page.js"))],
  "/page.css": ["text/css", () => readFile(here("page.css"))],
  "/sign-with-cmd.js": ["text/javascript", () => readFile(here("../../extension/dist/component/sign-with-cmd.js"))],
  "/contrato.pdf": ["application/pdf", () => readFile(PDF ?? here("../../host/command/example/contrato-de-exemplo.pdf"))],
  "/settings.json": ["application/json", async () => JSON.stringify({ server: SERVER, token: await token(), serverKey: SERVER_KEY })],
};

// Nothing inline, nothing evaluated, nothing from elsewhere but the connection to the server; img-src: the picture of the CMD's page.
const policy = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", `connect-src 'self' ${new URL(SERVER).origin}`, "img-src data:", "base-uri 'none'",
  "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
].join("; ");

createServer(async (request, response) => {
  const [type, content] = files[request.url] ?? [];
  if (!type) return response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": policy, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" });
  response.end(await content());
}).listen(Number(PORT), "127.0.0.1", function () {
  console.log(`http://127.0.0.1:${this.address().port}/`);
});
