package command

import (
	"os/exec"
	"path/filepath"
	"runtime"
)

// onDesktop has the desktop show a file, or the folder that it's in. It doesn't wait for what it started.
func onDesktop(path string, folder bool) error {
	words := desktopWords(runtime.GOOS, path, folder)
	cmd := exec.Command(words[0], words[1:]...)
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() // reaps it
	return nil
}

func desktopWords(goos, path string, folder bool) []string {
	switch {
	case goos == "windows" && folder:
		return []string{"explorer.exe", "/select,", path}
	case goos == "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler", path}
	case goos == "darwin" && folder:
		return []string{"open", "-R", path}
	case goos == "darwin":
		return []string{"open", path}
	case folder:
		return []string{"xdg-open", filepath.Dir(path)}
	}
	return []string{"xdg-open", path}
}
