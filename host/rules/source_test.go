package rules

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	root   = "../.."
	module = "github.com/sign-with-cmd/sign-with-cmd/"
)

// trackedFiles lists the repository's files, with slashes, from its root. Outside of a
// checkout (a source archive) it's every file.
func trackedFiles(t *testing.T) (files []string) {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		require.NoError(t, filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == ".git" || d.Name() == "bin" || d.Name() == "dist" || d.Name() == "node_modules"):
				return fs.SkipDir
			case d.Type().IsRegular():
				relative, err := filepath.Rel(root, p)
				files = append(files, filepath.ToSlash(relative))
				return err
			}
			return nil
		}))
		return files
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		// A file deleted but not yet committed is listed all the same.
		if info, err := os.Lstat(filepath.Join(root, name)); err == nil && info.Mode().IsRegular() {
			files = append(files, name)
		}
	}
	require.NotEmpty(t, files)
	return files
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, file))
	require.NoError(t, err)
	return data
}

// isText takes a file for text as git does: no zero byte near its start.
func isText(data []byte) bool { return !bytes.ContainsRune(data[:min(len(data), 8000)], 0) }

type goFile struct {
	path string // from the root, with slashes
	pkg  string // its folder
	test bool
	set  *token.FileSet
	ast  *ast.File
}

func (f goFile) where(n ast.Node) string {
	return f.path + ":" + strconv.Itoa(f.set.Position(n.Pos()).Line)
}

func goFiles(t *testing.T) (files []goFile) {
	t.Helper()
	for _, name := range trackedFiles(t) {
		if !strings.HasSuffix(name, ".go") || strings.Contains(name, "/testdata/") {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, name, read(t, name), parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, goFile{name, path.Dir(name), strings.HasSuffix(name, "_test.go"), set, parsed})
	}
	require.NotEmpty(t, files)
	return files
}

// imports gives the packages of this module that the file imports, from the root.
func (f goFile) imports(t *testing.T) map[string]*ast.ImportSpec {
	t.Helper()
	found := map[string]*ast.ImportSpec{}
	for _, spec := range f.ast.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		if ours, ok := strings.CutPrefix(name, module); ok {
			found[ours] = spec
		}
	}
	return found
}
