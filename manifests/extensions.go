package manifests

// Who may start the host: the extensions, by every id that they have. A browser compares exactly, and only the first manifest that it
// finds counts, so one manifest lists all of them (facts/native.md 1.3). This is Go and no file of data because every start of the host
// asks for it before it says hello (docs/decisions/018).

// host is the name that the extension asks for, and the name of the manifest file.
const host = "org.sign_with_cmd.host"

// Extension is one of the ids that an extension of ours has, and the address of its page in that store. The id stays empty until the
// extension is published there; install then gives the store's address in place of the steps by hand.
type Extension struct {
	From    string
	ID      string
	Address string
}

var chromiumExtensions = []Extension{
	// Fixed by "key" in the extension's manifest: loaded unpacked, Debian's folder.
	{From: "key", ID: "biinmmoipeoiiaklagdgaiadmjdphlhg"},
	// Chrome Web Store.
	{From: "chrome", ID: "", Address: "https://chromewebstore.google.com/detail/"},
	// Edge Add-ons.
	{From: "edge", ID: "", Address: "https://microsoftedge.microsoft.com/addons/detail/"},
}

var firefoxExtensions = []Extension{
	// browser_specific_settings.gecko.id.
	{From: "key", ID: "sign-with-cmd@sign-with-cmd.example"},
	// addons.mozilla.org; the add-on keeps its own id there.
	{From: "amo", ID: "", Address: "https://addons.mozilla.org/firefox/addon/"},
}
