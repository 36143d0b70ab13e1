package server

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// maxPath bounds a path, in bytes.
const maxPath = 4096

// nameUnder is the path of a document as a name under the root. A path may begin with a slash, which then means the root.
func nameUnder(path string) (string, error) {
	name := strings.TrimPrefix(path, "/")
	if len(path) > maxPath || !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") {
		return "", problem.New(problem.PathRefused, "not a path under the root")
	}
	return name, nil
}

// openUnder opens a document under the root, where the token (nil: none is asked for) is good for it. Errors: PATH_REFUSED, TOKEN_LIMIT,
// PDF_NOT_FOUND, PDF_UNREADABLE.
func openUnder(root *os.Root, path string, p *pass) (fs.File, error) {
	name, err := nameUnder(path)
	switch {
	case err != nil:
		return nil, err
	case root == nil:
		return nil, problem.New(problem.PathRefused, "serve.root isn't set")
	case p != nil && !p.allows(name):
		// Before anything is looked up: whether such a document is there is nobody else's business.
		return nil, problem.New(problem.TokenLimit, "another document")
	}
	f, err := openRegular(root, name)
	if err != nil {
		return nil, pathProblem(err)
	}
	return f, nil
}

var errNotRegular = errors.New("not a regular file")

// openRegular opens a file under a root, and nothing else that could be there under its name.
func openRegular(root *os.Root, name string) (*os.File, error) {
	// A pipe that nobody writes to would be waited for.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func pathProblem(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return problem.Newf(problem.PDFNotFound, "%w", err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, errNotRegular):
		return problem.Newf(problem.PDFUnreadable, "%w", err)
	}
	// Of what is left, it's a link that leads out of the root that matters.
	return problem.Newf(problem.PathRefused, "%w", err)
}
