package conversation

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"slices"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// open shows a signed file, or its folder, to the person. Which file that is the journal says, never the client; one that wasn't
// verified, or isn't any more what was saved, isn't opened from here.
func (s *session) open(m message) {
	if m.Open != "file" && m.Open != "folder" || m.ID == "" {
		s.fault(problem.New(problem.MessageMalformed, "open is of a file or a folder, with an id"))
		return
	}
	go func() {
		err := s.show(m.ID, m.Open == "folder")
		s.do(func() {
			r := reply{Status: statusOK, Open: m.Open}
			if err != nil {
				s.log.Info("showing a signed file", "err", err)
				r.Status, r.Error = statusError, faultOf(problem.Wrap(problem.OpenFailed, err), s.lang)
			}
			s.send(r)
		})
	}()
}

func (s *session) show(id string, folder bool) error {
	if s.own.Show == nil {
		return problem.New(problem.OpenFailed, "nobody sits before this computer")
	}
	records, err := s.own.Journal.Status()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(records, func(r journal.Status) bool { return r.ID == id })
	if i < 0 || records[i].Saved == "" {
		return problem.New(problem.FileMoved, "no such file in the journal")
	}
	record := records[i]
	if !folder {
		if record.Verdict != journal.VerdictVerified {
			return problem.New(problem.OpenFailed, "a file that isn't verified")
		}
		if sum, _, err := sumOf(record.Saved); err != nil || sum != record.SavedSHA256 {
			return problem.New(problem.FileMoved, "not the file that was saved")
		}
	} else if _, err := os.Stat(record.Saved); err != nil {
		return problem.Newf(problem.FileMoved, "%w", err)
	}
	return s.own.Show(record.Saved, folder)
}

// sumOf is the SHA-256 of a file, in hexadecimal, and its size in bytes.
func sumOf(path string) (sum string, size int64, err error) {
	f, size, err := open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, io.LimitReader(f, size)); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(hash.Sum(nil)), size, nil
}
