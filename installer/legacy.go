package installer

import (
	"path/filepath"
	"slices"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// hides says whether making the folder of manifests would hide a browser's profiles from it. Since version 147 Firefox keeps new
// profiles in $XDG_CONFIG_HOME/mozilla but reads manifests from ~/.mozilla only; and where ~/.mozilla exists it takes that for the
// place of its profiles and starts with a new, empty one (nsXREDirProvider::LegacyHomeExists; Mozilla's bugs 259356 and 2005167).
// The old place is the first of a row's profiles. Zen reads Firefox's manifests, so its folder can hide Firefox's profiles.
func (in *Installer) hides(b found) bool {
	if b.Kind != manifests.Firefox || b.flatpak != nil || in.sys.goos != "linux" || in.sys.told || !b.used {
		return false
	}
	old := in.old(b)
	if exists(old) {
		return false
	}
	for _, row := range manifests.Browsers() {
		if row.Linux == nil || in.sys.expand(row.Linux.Profiles[0]) != old {
			continue
		}
		if slices.ContainsFunc(row.Linux.Profiles, func(profile string) bool { return exists(in.sys.expand(profile)) }) {
			return true
		}
	}
	return false
}

// old is the folder above that of a browser's manifests.
func (in *Installer) old(b found) string { return filepath.Dir(in.sys.expand(b.place.User[0])) }

// hiding tells of it, and of the way around: everybody's manifest is in a folder of the system.
func (in *Installer) hiding(b found) Finding {
	old := in.old(b)
	return Finding{Check: "profile-hidden", Browser: b.Name, Title: b.Title, Result: Note, Path: old, Mend: in.command(target{browsers: []found{b}, level: LevelSystem}, "install"), Text: problem.Text{
		PT: "não registado: criar " + old + " faria o Firefox (e os da sua família) abrir um perfil novo e vazio. Registe-o para todos, o que não mexe nos perfis",
		EN: "not registered: making " + old + " would have Firefox (and its kin) open a new, empty profile. Register it for everybody, which leaves the profiles alone",
	}}
}
