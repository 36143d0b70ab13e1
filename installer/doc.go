// Package installer makes the program known to the browsers as their native messaging host, takes that back, and finds out why it
// doesn't work. For each browser it does what mkcert does for each trust store: detect, check, do, check again, say so in one line; one
// that fails doesn't stop the rest. Where browsers look is data: package manifests.
package installer
