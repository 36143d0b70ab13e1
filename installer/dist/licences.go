package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// licences are the terms of everything that the program is built from, for any system: their makers ask that they come along.
func (m *maker) licences() ([]byte, error) {
	modules := map[string]string{} // "path version" to its folder
	for _, goos := range []string{"linux", "darwin", "windows"} {
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", "./host/cmdsign")
		list.Dir, list.Env = m.source, append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		for line := range strings.Lines(string(out)) {
			if name, folder, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				modules[name] = folder
			}
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	modules["Go"] = strings.TrimSpace(string(goroot))

	names := make([]string, 0, len(modules))
	for name := range modules {
		names = append(names, name)
	}
	slices.Sort(names)
	var all bytes.Buffer
	all.WriteString("cmdsign holds code of these projects.\n")
	for _, name := range names {
		texts, err := filepath.Glob(filepath.Join(modules[name], "LICENSE*"))
		if err == nil && len(texts) == 0 {
			err = fmt.Errorf("%s has no LICENSE in %s", name, modules[name])
		}
		if err != nil {
			return nil, err
		}
		notices, _ := filepath.Glob(filepath.Join(modules[name], "NOTICE*"))
		for _, path := range append(texts, notices...) {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&all, "\n%s\n%s: %s\n\n%s\n", strings.Repeat("-", 78), name, filepath.Base(path), bytes.TrimSpace(text))
		}
	}
	return all.Bytes(), nil
}
