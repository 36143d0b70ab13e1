package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// component gives the web component, and the module that seals secrets for whoever has no page, each as one file (docs/COMPONENT.md).
func (m *maker) component() error {
	for built, given := range map[string]string{"sign-with-cmd.js": "sign-with-cmd-component-%s.js", "seal.js": "sign-with-cmd-seal-%s.js"} {
		data, err := os.ReadFile(filepath.Join(m.source, "extension", "dist", "component", built))
		if err != nil {
			return fmt.Errorf("the component isn't built (make extension): %w", err)
		}
		if !bytes.HasPrefix(data, fmt.Appendf(nil, "/* Sign with CMD %s,", m.version)) {
			return fmt.Errorf("%s isn't of version %s: make extension", built, m.version)
		}
		if err := m.write(fmt.Sprintf(given, m.version), data); err != nil {
			return err
		}
	}
	return nil
}
