package installer

import "github.com/sign-with-cmd/sign-with-cmd/manifests"

// Repair mends the person's own manifests that name a program that isn't there any more: the program was moved, and one browser
// found it again. Copies in Flatpaks that are of an earlier program are made anew. It says how many it mended, does nothing else, and can't fail: the host that calls it has better to do.
func (in *Installer) Repair() (mended int) {
	if in.inBox() {
		return 0
	}
	browsers, err := in.browsers()
	if err != nil {
		return 0
	}
	r := in.record(LevelUser)
	for _, t := range in.targets(LevelUser, browsers) {
		m, _, bad := t.look()
		if bad != nil || m == nil || !in.ours(m, t, r) {
			continue
		}
		if t.staleBox(in) {
			if done, err := in.fillBox(t, r); err != nil || !done && exists(m.Path) {
				continue
			}
		} else if exists(m.Path) {
			continue
		}
		if in.write(t, manifests.New(t.kind, t.program(in), m.Callers()).JSON(), r) == nil {
			mended++
		}
	}
	return mended
}
