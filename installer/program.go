package installer

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Program is the path of the running program, links resolved, as browsers are to start it. When the program runs from a place
// that will be gone soon ("go run", a temporary folder) the text says so.
func Program() (string, *problem.Text, error) {
	path, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", nil, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", nil, err
	}
	temp, err := filepath.EvalSymlinks(os.TempDir())
	if err != nil {
		temp = os.TempDir()
	}
	if within(temp, path) || strings.Contains(filepath.ToSlash(path), "/go-build") {
		return path, &problem.Text{
			PT: "o programa corre de um lugar temporário (" + path + "); o navegador não o encontraria amanhã. Ponha-o em ~/.local/bin, por exemplo, e corra-o de lá",
			EN: "the program runs from a temporary place (" + path + "); the browser wouldn't find it tomorrow. Put it in ~/.local/bin, say, and run it from there",
		}, nil
	}
	return path, nil, nil
}

func within(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
