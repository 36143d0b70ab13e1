package conversation

import (
	"io"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// download asks for a piece of a signed file.
type download struct {
	ID     string `json:"id"`
	Offset int64  `json:"offset"`
}

// come is a signed file that this conversation brought about, as it was saved.
type come struct {
	path, hash string
	size       int64
}

// bring sends the piece of a signed file that starts at an offset. Only what this very conversation saved can be had, by its document's id,
// and only as it was saved: neither a path nor an id of the journal's opens anything.
func (s *session) bring(d download) {
	file, ok := s.came[d.ID]
	if !ok {
		s.refuse(kindDownload, problem.New(problem.FileMoved, "no file of this conversation"))
		return
	}
	part, err := file.part(d.Offset)
	if err != nil {
		s.refuse(kindDownload, problem.Wrap(problem.FileMoved, err))
		return
	}
	s.send(reply{State: s.state, Status: statusOK, Progress: string(kindDownload), ID: d.ID, Part: part})
}

// part reads the piece that starts at offset. Errors: MESSAGE_MALFORMED, FILE_MOVED.
func (c come) part(offset int64) (*partInfo, error) {
	if offset < 0 || offset >= c.size {
		return nil, problem.New(problem.MessageMalformed, "no such offset")
	}
	// Once, with the first piece: each client holds the whole against the sum.
	if offset == 0 {
		if sum, _, err := sumOf(c.path); err != nil || sum != c.hash {
			return nil, problem.New(problem.FileMoved, "not the file that was saved")
		}
	}
	f, size, err := open(c.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size != c.size {
		return nil, problem.New(problem.FileMoved, "not the file that was saved")
	}
	data := make([]byte, min(partSize, size-offset))
	if _, err := io.ReadFull(io.NewSectionReader(f, offset, size-offset), data); err != nil {
		return nil, err
	}
	return &partInfo{Offset: offset, Size: size, SHA256: c.hash, Data: data}, nil
}
