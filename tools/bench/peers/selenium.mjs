import { mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Builder, By, until } from "selenium-webdriver";
import chrome from "selenium-webdriver/chrome.js";
import { chromedriver, chromium, code, contest, flags, given, id, intro, pin } from "./contest.mjs";

const options = new chrome.Options().addArguments("--headless=new", ...flags);
options.setChromeBinaryPath(chromium);
const driver = await new Builder().forBrowser("chrome").setChromeOptions(options).setChromeService(new chrome.ServiceBuilder(chromedriver)).build();

const patience = 60_000;
const there = (css) => driver.wait(until.elementLocated(By.css(css)), patience);

async function sign({ phone, pdf, save }) {
	const folder = await mkdtemp(join(dirname(save), "selenium-"));
	await driver.setDownloadPath(folder);
	await driver.manage().deleteAllCookies();
	await driver.get(intro);
	await (await there(id("btnNext"))).click();
	await (await there(id("fileUpload"))).sendKeys(pdf);
	await (await there(id("btnUpload"))).click();
	await (await there(id("btnYes"))).click();
	await (await there(id("btnSignDetails"))).click();
	await (await there("#inputMobile")).sendKeys(phone);
	await (await there(id("txtPin"))).sendKeys(pin);
	given();
	await (await there(id("btnNext"))).click();
	const box = await there(id("txtMobileTAN"));
	await box.sendKeys(await code(phone));
	await (await there(id("btnNext"))).click();
	// WebDriver tells nothing of downloads: the folder does. The browser keeps the name by an empty file until the whole one takes its place.
	const name = await driver.wait(async () => {
		const found = (await readdir(folder)).find((f) => f.endsWith(".pdf"));
		return found && (await stat(join(folder, found))).size > 0 ? found : undefined;
	}, patience, undefined, 10);
	await rename(join(folder, name), save);
	await rm(folder, { recursive: true });
}

await contest(sign, () => driver.quit());
