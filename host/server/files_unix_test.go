//go:build unix

package server

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// A path leads to a document under the root or nowhere; a link may stay inside, never lead out.
func TestPathsStayUnderTheRoot(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, engine{})
	outside := filepath.Join(p.dir, "outside.pdf")
	for name, to := range map[string]string{
		"inside.pdf": "session/path/to/file.pdf", "out.pdf": outside, "relative.pdf": "../outside.pdf", "up": "..", "loop.pdf": "loop.pdf", "nowhere.pdf": "none.pdf",
	} {
		require.NoError(t, os.Symlink(to, filepath.Join(p.root, name)))
	}
	require.NoError(t, unix.Mkfifo(filepath.Join(p.root, "pipe.pdf"), 0o600))
	k := p.connect(nil)
	k.send(`{"start":""}`)
	k.state("stage1_input")
	for path, code := range map[string]problem.Code{
		"/session/path/to/file.pdf":        "",
		"session/path/to/file.pdf":         "",
		"inside.pdf":                       "",
		"none.pdf":                         problem.PDFNotFound,
		"nowhere.pdf":                      problem.PDFNotFound,
		"session":                          problem.PDFUnreadable,
		"pipe.pdf":                         problem.PDFUnreadable,
		"out.pdf":                          problem.PathRefused,
		"relative.pdf":                     problem.PathRefused,
		"loop.pdf":                         problem.PathRefused,
		"up/outside.pdf":                   problem.PathRefused,
		"../outside.pdf":                   problem.PathRefused,
		"session/../../outside.pdf":        problem.PathRefused,
		"session/../other/file.pdf":        problem.PathRefused,
		"./other/file.pdf":                 problem.PathRefused,
		"//other/file.pdf":                 problem.PathRefused,
		"other//file.pdf":                  problem.PathRefused,
		"other/file.pdf/":                  problem.PathRefused,
		`..\\outside.pdf`:                  problem.PathRefused,
		`other\u0000/file.pdf`:             problem.PathRefused,
		"/":                                problem.PathRefused,
		strings.Repeat("a/", 4000) + "x":   problem.PathRefused,
		strings.TrimPrefix(outside, "/"):   problem.PDFNotFound,
		outside:                            problem.PDFNotFound,
		"etc/passwd":                       problem.PDFNotFound,
		"/proc/self/environ":               problem.PDFNotFound,
		"session/path/to/file.pdf/another": problem.PathRefused,
	} {
		k.send(`{"document":{"pdf_file_path":"` + path + `"}}`)
		s := k.until(func(s said) bool { return s.Error != nil || s.Document != nil })
		if code == "" {
			require.NotNil(t, s.Document, "%s: %+v", path, s.Error)
			continue
		}
		require.Nil(t, s.Document, path)
		require.EqualValues(t, code, s.Error.Code, path)
		require.NotContains(t, s.Error.Message, p.dir)
	}
	require.Greater(t, p.count("refused_total", "PATH_REFUSED"), 10)

	none := serve(t, map[string]any{"root": ""}, engine{})
	k = none.connect(nil)
	k.send(`{"start":""}`)
	k.send(credentials)
	k.fault(problem.PathRefused)
}

func FuzzOpenUnder(f *testing.F) {
	dir := f.TempDir()
	require.NoError(f, os.MkdirAll(filepath.Join(dir, "root", "sub"), 0o700))
	require.NoError(f, os.WriteFile(filepath.Join(dir, "root", "sub", "in"), []byte("inside"), 0o600))
	require.NoError(f, os.WriteFile(filepath.Join(dir, "out"), []byte("outside"), 0o600))
	require.NoError(f, os.Symlink("../out", filepath.Join(dir, "root", "link")))
	require.NoError(f, os.Symlink("..", filepath.Join(dir, "root", "up")))
	root, err := os.OpenRoot(filepath.Join(dir, "root"))
	require.NoError(f, err)
	for _, seed := range []string{"sub/in", "/sub/in", "../out", "link", "up/out", "sub/../../out", "up/root/sub/in", "\x00", "."} {
		f.Add(seed)
	}
	narrow := &pass{}
	narrow.Files, narrow.narrowed.files = []string{"other/"}, true
	f.Fuzz(func(t *testing.T, path string) {
		_, err := openUnder(root, path, narrow)
		require.Error(t, err, "the token isn't good for it")
		file, err := openUnder(root, path, nil)
		if err != nil {
			require.Contains(t, []problem.Code{problem.PathRefused, problem.PDFNotFound, problem.PDFUnreadable}, problem.Of(err))
			return
		}
		defer file.Close()
		data, err := io.ReadAll(file)
		require.NoError(t, err)
		require.Equal(t, "inside", string(data))
	})
}
