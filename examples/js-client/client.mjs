// Signs a PDF by a "cmdsign serve", from a script. No dependencies; Node 20 needs --experimental-websocket, 22 nothing.
//
//   node --experimental-websocket examples/js-client/client.mjs ws://127.0.0.1:8765/ contrato.pdf
//
// It asks for phone, PIN and code on the terminal (a real program doesn't echo them), TOKEN in the environment is the server's
// token, SERVER_KEY the id of its key where it's known. The signed file lands beside the original.

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { sealTo } from "../../extension/dist/component/seal.js";

const [url, path] = process.argv.slice(2);
const { TOKEN, SERVER_KEY } = process.env;
const terminal = createInterface({ input: process.stdin });
const lines = terminal[Symbol.asyncIterator]();
const ask = async (what) => {
  process.stderr.write(`${what}: `);
  return (await lines.next()).value ?? "";
};
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

const pdf = await readFile(path);
const document = sha256(pdf);
const ws = new WebSocket(url);
const send = (message) => ws.send(JSON.stringify(message));

/** What comes, one after the other. */
async function* messages() {
  const waiting = [];
  let wake = () => {};
  let open = true;
  ws.onmessage = ({ data }) => (waiting.push(JSON.parse(data)), wake());
  ws.onclose = ws.onerror = () => ((open = false), wake());
  for (;;) {
    if (waiting.length) yield waiting.shift();
    else if (!open) return;
    else await new Promise((done) => (wake = done));
  }
}

let seal;
let last;
const signed = [];
for await (const m of messages()) {
  // With retry "type" the server waits for the same input again; this one gives up.
  if (m.error) throw new Error(`${m.error.code}: ${m.error.message} ${m.error.next ?? ""}`);

  if (m.state === "start") {
    if (m.operator) console.error(`${m.operator.name} types your PIN: ${m.operator.privacy}`);
    seal = await sealTo(m.seal, SERVER_KEY);
    send({ start: "", lang: "en", protocol: 1, min_protocol: 1, jwt: TOKEN });
  } else if (m.state === "stage1_input" && m.document) {
    const { name, pages, sha256: theirs } = m.document;
    if (theirs !== document) throw new Error("the server has another document");
    console.error(`${name}, ${pages} pages, SHA-256 ${theirs}`);
    const [phone, pin] = [await ask("Phone"), await ask("Signature PIN")];
    send({ sealed_to: seal.kid, phone_sealed: await seal("phone", last, document, phone), pin_sealed: await seal("pin", last, document, pin), confirm: document });
  } else if (m.state === "stage1_input" && m.nonce) {
    last = m.nonce;
    // Longer documents go in several: up to 12 MiB in one.
    send({ upload_local: { name: basename(path), size: pdf.length, sha256: document, offset: 0, data: pdf.toString("base64") } });
  } else if (m.state === "stage2_input" && m.progress === "otp") {
    const code = await ask(`Code for the document ${m.reference ?? ""}`);
    send({ sealed_to: seal.kid, otp_sealed: await seal("otp", m.nonce, document, code) });
  } else if (m.progress === "download") {
    signed.push(Buffer.from(m.part.data, "base64"));
    const whole = Buffer.concat(signed);
    if (whole.length < m.part.size) {
      send({ download: { id: m.id, offset: whole.length } });
      continue;
    }
    if (sha256(whole) !== m.part.sha256 || whole.length <= pdf.length || !whole.subarray(0, pdf.length).equals(pdf)) throw new Error("not the document and a signature");
    const out = join(dirname(path), basename(last.file.name)); // a name of the server's must not lead elsewhere
    await writeFile(out, whole, { flag: "wx" });
    console.log(JSON.stringify({ file: out, verdict: last.result.verdict, signer: last.result.signer }));
    ws.close();
    terminal.close();
  } else if (m.state === "done") {
    last = m;
    send({ download: { id: m.id, offset: 0 } });
  }
}
