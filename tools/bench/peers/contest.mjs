// What all scripts share: each is started with what it needs as JSON, says "ready" once its browser is there, and signs a document for
// each line that it's given: {"phone", "pdf", "save"}. It says "given" when phone and PIN are in the form, just before that goes off, and
// "done" when the signed file is in its place.
import { createInterface } from "node:readline";

export const { chromium, chromedriver, intro, messages, pin } = JSON.parse(process.argv[2]);

// What every contestant starts Chromium with.
export const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync"];

// The ids that the pages have.
export const id = (name) => `#MainContent_${name}`;

// code asks the sandbox's phone until the SMS is there, as often as the other contestants do.
export async function code(phone) {
	for (;;) {
		const all = await (await fetch(messages)).json();
		const message = all.find((m) => m.valid && m.phone === phone);
		if (message) return message.code;
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

// given says so.
export const given = () => console.log("given");

// contest signs what it's told to, and closes at the end of its input.
export async function contest(sign, close) {
	console.log("ready");
	for await (const line of createInterface({ input: process.stdin })) {
		await sign(JSON.parse(line));
		console.log("done");
	}
	await close();
}
