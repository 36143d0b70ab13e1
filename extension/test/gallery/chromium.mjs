// A Chromium for looking at pages: started with a pipe, one tab. CHROMIUM names another than "chromium".

import { spawn } from "node:child_process";

/** Starts it with a profile in folder. Gives functions for its one tab, and one that ends it. */
export async function chromium(folder) {
  const browser = spawn(
    process.env.CHROMIUM ?? "chromium",
    ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--allow-file-access-from-files", "--force-device-scale-factor=1.5", "--remote-debugging-pipe",
      `--user-data-dir=${folder}/profile`, "about:blank"],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const [, , , out, into] = browser.stdio;
  const waiting = new Map();
  let text = "";
  let last = 0;
  into.on("data", (data) => {
    const lines = (text += data).split("\0");
    text = lines.pop();
    for (const line of lines) {
      const m = JSON.parse(line);
      waiting.get(m.id)?.(m);
      waiting.delete(m.id);
    }
  });
  const send = (method, params = {}, sessionId) =>
    new Promise((done, failed) => {
      waiting.set(++last, (m) => (m.error ? failed(new Error(`${method}: ${m.error.message}`)) : done(m.result)));
      out.write(JSON.stringify({ id: last, method, params, sessionId }) + "\0");
    });
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const page = (method, params) => send(method, params, sessionId);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await page("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  const metrics = (width, height) => page("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1.5, mobile: false });
  return {
    page,
    evaluate,
    /** Shows an address and waits until its heading is drawn. */
    async show(url, width) {
      await metrics(width, 300);
      await page("Page.navigate", { url: "about:blank" });
      await page("Page.navigate", { url });
      for (let i = 0; ; i++) {
        // Between two documents there's nothing to ask.
        if (await evaluate(`!!document.querySelector("[data-drawn]")`).catch(() => false)) return;
        if (i > 2000) throw new Error(`${url} isn't drawn`);
        await new Promise((done) => setTimeout(done, 5));
      }
    },
    /** A picture of the whole page, or of its first height pixels, in base64. */
    async picture(width, height, { scale = 1, ...options } = { format: "png" }) {
      await evaluate("Promise.all([...document.images].map((i) => i.decode())).then(() => {})");
      height ??= await evaluate("document.documentElement.scrollHeight");
      // A frame is drawn where it's seen, and some time after.
      await metrics(width, Math.max(height, 300));
      await evaluate("new Promise((done) => setTimeout(done, 150))");
      const clip = { x: 0, y: 0, width, height, scale };
      return (await page("Page.captureScreenshot", { ...options, captureBeyondViewport: true, clip })).data;
    },
    scheme: (look) => page("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: look }] }),
    async close() {
      browser.kill();
      await new Promise((done) => browser.once("exit", done));
    },
  };
}
