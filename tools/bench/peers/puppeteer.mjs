import { mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import puppeteer from "puppeteer-core";
import { chromium, code, contest, flags, given, id, intro, pin } from "./contest.mjs";

const browser = await puppeteer.launch({ executablePath: chromium, args: flags, headless: true });

async function sign({ phone, pdf, save }) {
	const context = await browser.createBrowserContext();
	const page = await context.newPage();
	const folder = await mkdtemp(join(dirname(save), "puppeteer-"));
	const session = await browser.target().createCDPSession();
	await session.send("Browser.setDownloadBehavior", { behavior: "allowAndName", browserContextId: context.id, downloadPath: folder, eventsEnabled: true });
	const downloaded = new Promise((resolve, reject) => session.on("Browser.downloadProgress", (event) => {
		if (event.state === "completed") resolve(event.guid);
		if (event.state === "canceled") reject(new Error("the download was cancelled"));
	}));
	const go = (button) => Promise.all([page.waitForNavigation(), page.click(id(button))]);

	await page.goto(intro);
	await go("btnNext");
	const file = await page.waitForSelector(id("fileUpload"));
	await file.uploadFile(pdf);
	await go("btnUpload");
	await page.waitForSelector(id("btnYes"));
	// Not page.click: beside the frame with the document a click by its place goes astray now and then, and the page is waited for in vain.
	await Promise.all([page.waitForNavigation(), page.locator(id("btnYes")).click()]);
	await page.waitForSelector(id("btnSignDetails"));
	await page.click(id("btnSignDetails"));
	await page.waitForSelector(id("txtPin"));
	await page.type("#inputMobile", phone);
	await page.type(id("txtPin"), pin);
	given();
	await go("btnNext");
	await page.waitForSelector(id("txtMobileTAN"));
	await page.type(id("txtMobileTAN"), await code(phone));
	await page.click(id("btnNext"));
	await rename(join(folder, await downloaded), save);

	await session.detach();
	await context.close();
	await rm(folder, { recursive: true });
}

await contest(sign, () => browser.close());
