// Pdfcpu tells what pdfcpu says of the signatures of PDF files: a JSON line for each file named on standard input. It is for tests
// only, and a module of its own, so that pdfcpu doesn't become part of the program.
//
// Usage: pdfcpu FOLDER, with the trust anchors as PEM files in the folder.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// said is what pdfcpu says of one file's newest signature.
type said struct {
	Path     string   `json:"path"`
	Error    string   `json:"error,omitempty"`
	Status   string   `json:"status,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Modified string   `json:"modified,omitempty"`
	Problems []string `json:"problems,omitempty"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pdfcpu FOLDER")
		os.Exit(2)
	}
	api.DisableConfigDir()
	model.TrustedCertDir = os.Args[1]
	out := json.NewEncoder(os.Stdout)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if err := out.Encode(look(in.Text())); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func look(path string) said {
	conf := model.NewDefaultConfiguration()
	conf.Offline = true
	s := said{Path: path}
	results, err := api.ValidateSignatures(path, false, conf)
	if err != nil {
		s.Error = err.Error()
		return s
	}
	if len(results) == 0 {
		s.Error = "no signature"
		return s
	}
	newest := results[0]
	s.Status, s.Reason, s.Problems = newest.Status.String(), newest.Reason.String(), newest.Problems
	s.Modified = map[int]string{model.True: "yes", model.False: "no"}[newest.DocModified]
	return s
}
