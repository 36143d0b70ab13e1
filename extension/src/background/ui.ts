/** Opens the popup, or the same page as a window where the browser opens no popup by program. */
export async function openUi(): Promise<void> {
  try {
    await chrome.action.openPopup();
  } catch {
    await openWindow();
  }
}

/** The same page as a window of its own: it stays while a file is chosen, which closes a popup. */
export async function openWindow(): Promise<void> {
  await chrome.windows.create({ url: chrome.runtime.getURL("popup.html?window"), type: "popup", width: 460, height: 720 });
}
