package installer

import (
	"path/filepath"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// hides says whether making the folder of manifests would hide a browser's profiles from it. Since version 147 Firefox keeps new
// profiles in $XDG_CONFIG_HOME/mozilla but reads manifests from ~/.mozilla only; and where ~/.mozilla exists it takes that for the
// place of its profiles and starts with a new, empty one (nsXREDirProvider::LegacyHomeExists; Mozilla's bugs 259356 and 2005167).
// The old place is the first of the row's profiles.
func (in *Installer) hides(b found) bool {
	if b.Kind != manifests.Firefox || in.sys.goos != "linux" || !b.used {
		return false
	}
	old := in.sys.expand(b.place.Profiles[0])
	return within(old, in.sys.expand(b.place.User)) && !exists(old)
}

// hiding tells of it, and of the way around: everybody's manifest is in a folder of the system.
func (in *Installer) hiding(b found) Finding {
	old := in.sys.expand(b.place.Profiles[0])
	return Finding{Check: "profile-hidden", Browser: b.Name, Title: b.Title, Result: Note, Path: filepath.Clean(old), Mend: in.command(target{browsers: []found{b}, level: LevelSystem}, "install"), Text: problem.Text{
		PT: "não registado: criar " + old + " faria o " + b.Title + " abrir um perfil novo e vazio. Registe-o para todos, o que não mexe nos perfis",
		EN: "not registered: making " + old + " would have " + b.Title + " open a new, empty profile. Register it for everybody, which leaves the profiles alone",
	}}
}
