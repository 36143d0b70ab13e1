//go:build unix

package signer

import "io/fs"

func othersMayWrite(m fs.FileMode) bool { return m.Perm()&0o022 != 0 }
