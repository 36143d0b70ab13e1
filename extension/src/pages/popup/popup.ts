// The popup, and the same page as a window. It shows what the worker says and sends back what is pressed; it may be closed
// and opened at any time.

import { PAGE_PORT, type Action, type Update } from "../../shared/actions";
import { frame } from "../frame";
import { render } from "./render";

const { main, live, footer } = frame();
// A window stays while a file is chosen; a tab has room for the document's pages.
if (location.search === "?window") document.documentElement.classList.add("window");
if (location.search === "?large") document.documentElement.classList.add("window", "large");

let port: chrome.runtime.Port;

function connect(): void {
  port = chrome.runtime.connect({ name: PAGE_PORT });
  port.onMessage.addListener(({ view }: Update) => render(view, act, main, live, footer));
  // The browser ended the worker: a new connection starts it again, and it says what that means.
  port.onDisconnect.addListener(() => setTimeout(connect, 200));
}

function act(action: Action): void {
  try {
    port.postMessage(action);
  } catch {
    // Between two workers: the new one's view comes in a moment.
  }
}

connect();
