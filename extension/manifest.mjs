// The manifests of both builds, from one template. The version is the repository's.

// The public half of a key that nobody needs any more: it only fixes the extension's id (file ID) for unpacked installs.
const key =
  "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAsEtzNcRKXZcXe/zY7sJo31R8eEFt33i+zmf1IC73qVtZVMBGIuvPFJp4DQWFyiMV1HLq1hG5+SFtScAo8WG4DKIsnoF4BbEqHelkH8sY5863BuDbgz9JVItm6IoOho60jWv2pLRrcH7Hp2dzndP/axU0CnS1bT9Q7k7ruxxsgGXJQGVAJsMSOmBsNsFCPLXcg3RfsOxxi+mbtgk7SG57ZWBUHC+qG1oGCqyfQK0OGup7WmNXbuOeWNoVPiJiUbtaw7SAd3lDZ5GfGGot7Ozdoy7cn+/vN2a6VP5hMZAqU/UmgVA8pQv8RO6qUW0OL6QuMMebVKFk/IvcDdZ9kfgsQwIDAQAB";

/** Host permissions: the CMD's own pages, for filling the PIN and for removing other extensions' frames there. Nothing else. */
export const cmdHosts = [
  "https://cmd.autenticacao.gov.pt/*",
  "https://frtend.reg.cmd.autenticacao.gov.pt/*",
  "https://www.autenticacao.gov.pt/*",
  "https://autenticacao.gov.pt/*",
  "https://preprod.cmd.autenticacao.gov.pt/*",
  "http://cmd.localhost/*",
  "http://frtend.reg.cmd.localhost/*",
];

/** What the page that shows a PDF may load: the package's scripts, and workers that it makes of texts, which may load them too. It's in preview.html as well. */
export const previewPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; style-src 'self'; base-uri 'none'; form-action 'none'";

const icons = Object.fromEntries([16, 32, 48, 128].map((n) => [n, `icons/icon-${n}.png`]));

/** @param {"chromium"|"firefox"} browser @param {string} version the text of the file VERSION */
export function manifest(browser, version) {
  const common = {
    manifest_version: 3,
    name: "__MSG_product__",
    description: "__MSG_description__",
    default_locale: "en",
    version: version.split("-")[0],
    icons,
    action: { default_popup: "popup.html", default_title: "__MSG_menuSign__", default_icon: icons },
    options_ui: { page: "options.html", open_in_tab: false },
    content_security_policy: {
      extension_pages: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    },
  };
  const permissions = ["nativeMessaging", "contextMenus", "downloads", "storage", "notifications", "scripting", "activeTab"];
  if (browser === "firefox") {
    return {
      ...common,
      permissions,
      background: { scripts: ["worker.js"] },
      browser_specific_settings: {
        gecko: {
          id: "sign-with-cmd@sign-with-cmd.example",
          strict_min_version: "142.0",
          // The program is outside the browser, so what it gets counts as transmitted (docs/RELEASING.md).
          data_collection_permissions: { required: ["authenticationInfo", "personallyIdentifyingInfo", "websiteContent"] },
        },
      },
    };
  }
  return {
    ...common,
    // Firefox knows neither key: there the frame's own attribute gives it an origin of its own, and its page brings its policy.
    sandbox: { pages: ["preview.html", "preview-older.html"] },
    content_security_policy: { ...common.content_security_policy, sandbox: `sandbox allow-scripts; ${previewPolicy}` },
    version_name: version,
    key,
    minimum_chrome_version: "127",
    // Messages may carry Blobs, from Chromium 148 on; older ones don't know the key. Firefox has no other way.
    message_serialization: "structured_clone",
    incognito: "not_allowed",
    // The second one fences the tab in that the first one drives (src/relay/fence.ts). It adds nothing to what people are warned of.
    permissions: [...permissions, "debugger", "declarativeNetRequest"],
    host_permissions: cmdHosts,
    background: { service_worker: "worker.js" },
  };
}
