package installer

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

const (
	// maxPreferences is how much of a browser's own file is read, in bytes. Those of heavy users have a few MiB.
	maxPreferences = 64 << 20
	// maxProfiles is in how many profiles of a browser the extension is looked for.
	maxProfiles = 100
)

// carried is the extension as a browser has it.
type carried struct {
	path     string // its folder; empty where the browser keeps it in a file
	version  string // empty: not known
	disabled bool
}

// carries looks for the extension in a browser: in its profiles, among those that it loads by itself, and in its policies.
func (in *Installer) carries(b found) []carried {
	var all []carried
	for _, folder := range b.place.Profiles {
		folder = in.sys.expand(folder)
		if folder == "" {
			continue
		}
		if b.Kind == manifests.Firefox {
			all = append(all, in.inFirefox(folder)...)
			continue
		}
		all = append(all, in.inChromium(folder)...)
	}
	if folder := in.sys.expand(b.place.Extensions); folder != "" {
		entries, _ := filepath.Glob(filepath.Join(escape(folder), "*", "manifest.json"))
		for _, entry := range entries {
			if m := readExtension(filepath.Dir(entry)); slices.Contains(in.ids(b.Kind), m.id()) {
				all = append(all, carried{path: filepath.Dir(entry), version: m.Version})
			}
		}
	}
	if b.Kind == manifests.Chromium && !isKey(b.place.Policy) {
		all = append(all, in.inPolicies(in.sys.expand(b.place.Policy))...)
	}
	return all
}

// ids are those of our own extensions and of those that the person lets in.
func (in *Installer) ids(kind manifests.Kind) []string {
	ids := manifests.IDs(kind)
	for _, caller := range in.more(kind) {
		ids = append(ids, strings.TrimSuffix(strings.TrimPrefix(caller, "chrome-extension://"), "/"))
	}
	return ids
}

// inChromium reads the profiles of a user data directory. Which of the two files knows the extensions depends on the system.
func (in *Installer) inChromium(folder string) (all []carried) {
	for _, name := range []string{"Preferences", "Secure Preferences"} {
		for _, file := range profileFiles(folder, name, "*/"+name) {
			var prefs struct {
				Extensions struct {
					Settings map[string]json.RawMessage
				}
			}
			if !readJSON(file, &prefs) {
				continue
			}
			for _, id := range in.ids(manifests.Chromium) {
				if c, ok := chromiums(prefs.Extensions.Settings[id], filepath.Dir(file)); ok {
					all = append(all, c)
				}
			}
		}
	}
	return all
}

// chromiums reads what a profile says of one extension. An entry without a place is of one that was taken out.
func chromiums(entry json.RawMessage, profile string) (c carried, ok bool) {
	var said struct {
		Path           string          `json:"path"`
		State          *int            `json:"state"`
		DisableReasons json.RawMessage `json:"disable_reasons"` // a list; before 2025 a number
	}
	if json.Unmarshal(entry, &said) != nil || said.Path == "" {
		return c, false
	}
	c.path = said.Path
	if !filepath.IsAbs(c.path) {
		c.path = filepath.Join(profile, "Extensions", c.path)
	}
	reasons := string(said.DisableReasons)
	c.disabled = said.State != nil && *said.State == 0 || reasons != "" && reasons != "[]" && reasons != "0" && reasons != "null"
	m := readExtension(c.path)
	c.version = m.Version
	// Its folder was taken away: the browser can't load it.
	return c, m.Version != ""
}

// inFirefox reads the profiles' lists of add-ons. One that was loaded for the moment isn't in them.
func (in *Installer) inFirefox(folder string) (all []carried) {
	for _, file := range profileFiles(folder, "*/extensions.json", "*/*/extensions.json") {
		var list struct {
			Addons []struct {
				ID, Version, Path string
				Active            bool
			}
		}
		if !readJSON(file, &list) {
			continue
		}
		for _, addon := range list.Addons {
			if slices.Contains(in.ids(manifests.Firefox), addon.ID) {
				all = append(all, carried{path: addon.Path, version: addon.Version, disabled: !addon.Active})
			}
		}
	}
	return all
}

// inPolicies looks for our ids among what an administrator has every browser install.
func (in *Installer) inPolicies(folder string) (all []carried) {
	for _, file := range profileFiles(folder, "*.json") {
		var policy struct {
			ExtensionInstallForcelist []string
			ExtensionSettings         map[string]struct {
				Mode string `json:"installation_mode"`
			}
		}
		if !readJSON(file, &policy) {
			continue
		}
		for _, id := range in.ids(manifests.Chromium) {
			mode := policy.ExtensionSettings[id].Mode
			if mode == "force_installed" || mode == "normal_installed" || slices.ContainsFunc(policy.ExtensionInstallForcelist, func(entry string) bool {
				return entry == id || strings.HasPrefix(entry, id+";")
			}) {
				all = append(all, carried{path: file})
			}
		}
	}
	return all
}

func profileFiles(folder string, patterns ...string) (files []string) {
	if folder == "" {
		return nil
	}
	for _, pattern := range patterns {
		found, _ := filepath.Glob(filepath.Join(escape(folder), filepath.FromSlash(pattern)))
		files = append(files, found...)
	}
	return files[:min(len(files), maxProfiles)]
}

// escape makes a folder's name stand for itself in a pattern. On Windows there's no way to, and no name with a star.
func escape(folder string) string {
	if filepath.Separator == '\\' {
		return folder
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
}

func readJSON(file string, into any) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPreferences))
	return err == nil && json.Unmarshal(data, into) == nil
}

// unpacked is the manifest of an extension that lies in a folder.
type unpacked struct {
	Version string `json:"version"`
	Key     string `json:"key"`
}

func readExtension(folder string) (m unpacked) {
	readJSON(filepath.Join(folder, "manifest.json"), &m)
	return m
}

// id is the one that Chromium gives an extension with that key: the first 16 bytes of its SHA-256, a letter from a to p for each half.
func (m unpacked) id() string {
	der, err := base64.StdEncoding.DecodeString(m.Key)
	if err != nil || len(der) == 0 {
		return ""
	}
	sum := sha256.Sum256(der)
	id := make([]byte, 0, 32)
	for _, b := range sum[:16] {
		id = append(id, 'a'+b>>4, 'a'+b&15)
	}
	return string(id)
}

// active says whether the extension is there and switched on.
func active(all []carried) bool {
	return slices.ContainsFunc(all, func(c carried) bool { return !c.disabled })
}

// carrier tells whether a browser has the extension. Where another browser has it, one that hasn't isn't a fault: one is enough to sign.
func (d *examination) carrier(b found) {
	all := d.carried[b.Name]
	again := d.command(target{browsers: []found{b}, level: LevelUser}, "install")
	lacking := func(check, pt, en, mend string) {
		f := Finding{Check: check, Result: Bad, Mend: mend, Text: problem.Text{PT: pt, EN: en}}
		if d.elsewhere {
			f.Result = Note
		}
		d.say(b, f)
	}
	switch {
	case len(all) == 0 && b.Kind == manifests.Firefox:
		d.say(b, Finding{Check: "extension-missing", Result: Note, Mend: again, Text: problem.Text{
			PT: "não tem a extensão instalada; uma que tenha carregado só até fechar o navegador não se vê daqui",
			EN: "doesn't have the extension installed; one that you loaded until the browser is closed can't be seen from here"}})
	case len(all) == 0:
		if copying := d.copying(b); copying != "" {
			again = copying
		}
		lacking("extension-missing", "não tem a extensão", "doesn't have the extension", again)
	case !active(all):
		lacking("extension-disabled", "tem a extensão, mas desligada: ligue-a em "+b.Page, "has the extension, but switched off: switch it on in "+b.Page, again)
	default:
		for _, c := range all {
			if !c.disabled && older(c.version, d.opts.Version) {
				mend := again
				if d.copying(b) != "" && within(d.sys.expand(b.place.Extensions), c.path) {
					mend = d.copying(b)
				}
				d.say(b, Finding{Check: "extension-old", Result: Note, Path: c.path, Mend: mend, Text: problem.Text{
					PT: "a extensão é a versão " + c.version + " e o programa é a " + d.opts.Version + ": atualize-a",
					EN: "the extension is version " + c.version + " and the program is " + d.opts.Version + ": update it"}})
				return
			}
		}
		on := slices.IndexFunc(all, func(c carried) bool { return !c.disabled })
		version := all[on].version
		if version == "" {
			d.say(b, Finding{Check: "extension", Result: OK, Path: all[on].path, Text: problem.Text{PT: "recebe a extensão por política", EN: "gets the extension by policy"}})
			return
		}
		d.say(b, Finding{Check: "extension", Result: OK, Path: all[on].path, Text: problem.Text{
			PT: "tem a extensão (versão " + version + ")", EN: "has the extension (version " + version + ")"}})
	}
}

// older compares the numbers of two versions. What isn't a number, as in a build of a developer's, isn't older.
func older(version, than string) bool {
	a, b := numbers(version), numbers(than)
	return len(a) > 0 && len(b) > 0 && slices.Compare(a, b) < 0
}

func numbers(version string) (all []int) {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "-")
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		all = append(all, n)
	}
	for len(all) > 0 && all[len(all)-1] == 0 {
		all = all[:len(all)-1]
	}
	return all
}
