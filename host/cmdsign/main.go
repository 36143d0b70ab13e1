// Command cmdsign signs PDFs with the Chave Móvel Digital (CMD) on the State's own web pages, and checks what comes back. A
// browser starts it as a native messaging host; a person starts it from a terminal.
package main

import (
	"os"

	"github.com/sign-with-cmd/sign-with-cmd/host/command"
)

func main() {
	os.Exit(command.Main())
}
