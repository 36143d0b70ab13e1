package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// policies is where Chromium reads what an administrator decides, for everybody of this computer.
const policies = "/etc/chromium/policies/managed"

// The extension as people have it: packed, signed with a key, put in by the browser itself, without the access to local files
// that an unpacked one has. An administrator's policy is the one way to that without a store. It holds for every Chromium of
// this computer, so this test runs alone and takes it away again.
func TestSignWithThePackedExtension(t *testing.T) {
	person := newPerson(t)
	crx, id := pack(t, person)
	require.NotEqual(t, extensionID, id)
	updates := person.at("updates.xml")
	require.NoError(t, os.WriteFile(updates, fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<gupdate xmlns="http://www.google.com/update2/response" protocol="2.0">
<app appid="%s"><updatecheck codebase="file://%s" version="%s"/></app></gupdate>`, id, crx, version(t)), 0o644))
	decide(t, map[string]any{
		"ExtensionInstallForcelist": []string{id + ";file://" + updates},
		// Else no debugger gets into what a policy put in, the test's own included.
		"DeveloperToolsAvailability": 1,
	})
	for name, rung := range ladder {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			person := newPerson(t)
			person.configure(id, "")
			person.register(binary, id)
			browser := person.start(chromedp.Flag("disable-background-networking", false))
			browser.id = id
			browser.drive.Drive(id)
			require.False(t, inWorker[bool](browser, `chrome.extension.isAllowedFileSchemeAccess()`), "it has an access that people's own doesn't have")
			rung(t, person, newSite(t), browser)
			browser.stop()
		})
	}
}

// pack makes a packed extension with a key of its own, and tells its id.
func pack(t *testing.T, person *person) (crx, id string) {
	t.Helper()
	dir := strangersBuild(t, person)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(person.at("key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	packing := exec.Command("chromium", "--no-sandbox", "--headless", "--user-data-dir="+person.at("tmp", "packing"),
		"--pack-extension="+dir, "--pack-extension-key="+person.at("key.pem"))
	packing.Env = person.env
	out, err := packing.CombinedOutput()
	require.NoError(t, err, "%s", out)

	// The id is the beginning of the public key's hash, in sixteen letters of the alphabet.
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	sum := sha256.Sum256(public)
	for _, b := range sum[:16] {
		id += string('a'+rune(b>>4)) + string('a'+rune(b&15))
	}
	require.FileExists(t, dir+".crx", "%s", out)
	return dir + ".crx", id
}

func version(t *testing.T) string {
	t.Helper()
	var manifest struct{ Version string }
	data, err := os.ReadFile(filepath.Join(chromiumBuild, "manifest.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &manifest))
	return manifest.Version
}

// decide writes an administrator's policy, and takes it away when the test ends. One at a time on a computer.
func decide(t *testing.T, policy map[string]any) {
	t.Helper()
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "sign-with-cmd-policy.lock"), os.O_CREATE|os.O_RDWR, 0o666)
	require.NoError(t, err)
	require.NoError(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_EX))
	t.Cleanup(func() { lock.Close() })
	// What was not there before goes again, from the innermost out, as far as it's empty.
	for dir := policies; dir != "/etc"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			t.Cleanup(func() { os.Remove(dir) })
		}
	}
	if err := os.MkdirAll(policies, 0o755); err != nil {
		t.Skip("only an administrator can say what a browser has to install: ", err)
	}
	data, err := json.Marshal(policy)
	require.NoError(t, err)
	path := filepath.Join(policies, "sign-with-cmd-e2e-"+strings.ToLower(rand.Text())+".json")
	t.Cleanup(func() { os.Remove(path) })
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Skip("only an administrator can say what a browser has to install: ", err)
	}
}
