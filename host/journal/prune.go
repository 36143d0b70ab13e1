package journal

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	keepFor = 90 * 24 * time.Hour
	keepMax = 1000 // files
)

// Prune takes away records that nobody needs any more: those that are resolved and 90 days old, and the oldest resolved
// ones beyond a thousand files. One that may be signed stays until the person has
// looked, one whose file is only held stays for ever. Failures don't matter: the next
// Prune tries again. It reads every record, so nobody should have to wait for it.
func (j *Journal) Prune() { j.prune(time.Now()) }

func (j *Journal) prune(now time.Time) {
	all, err := j.Status()
	if err != nil {
		return
	}
	left := len(all)
	for i := len(all) - 1; i >= 0; i-- {
		s := all[i]
		resolved := s.Answer == NotSigned || s.Answer == SignedSaved || (s.Answer == MayBeSigned && s.Acknowledged)
		if !resolved || s.Live || (now.Sub(s.Updated) < keepFor && left <= keepMax) {
			continue
		}
		if j.remove(s.ID) == nil {
			left--
		}
	}
	j.pruneUnbegun(now)
}

// pruneUnbegun takes away files whose first line was never finished.
func (j *Journal) pruneUnbegun(now time.Time) {
	files, _ := filepath.Glob(filepath.Join(j.dir, "*"+extension))
	for _, path := range files {
		id := strings.TrimSuffix(filepath.Base(path), extension)
		info, err := os.Stat(path)
		if err != nil || !idFormat().MatchString(id) || now.Sub(info.ModTime()) < keepFor {
			continue
		}
		if _, ok, err := j.read(id); err == nil && !ok {
			_ = j.remove(id)
		}
	}
}

func (j *Journal) remove(id string) error {
	file, err := os.OpenFile(j.path(id), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := lockNow(file); err != nil {
		return err
	}
	return os.Remove(j.path(id))
}
