// Package e2e signs as a person does: a real Chromium or Firefox with the extension, the host as a browser starts it, the sandbox in
// a process of its own. It holds tests only.
//
//	E2E_LONG=1        takes the waits that are minutes in life, too: a code awaited for two minutes, a site that never ends
//	E2E_PICTURES=DIR  keeps a picture of every state of the popup, in both languages
package e2e
