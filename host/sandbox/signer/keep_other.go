//go:build !unix

package signer

import "io/fs"

// othersMayWrite can't be told from the mode bits where access lists decide.
func othersMayWrite(fs.FileMode) bool { return false }
