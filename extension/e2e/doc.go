// Package e2e signs as a person does: a real Chromium with the extension, the host as a browser starts it, the sandbox in a
// process of its own. It holds tests only.
package e2e
