package command

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// chunks are a document as upload_local brings it.
func chunks(name string, data []byte, size int) []fields {
	var all []fields
	for at := 0; at < len(data); at += size {
		end := min(at+size, len(data))
		all = append(all, fields{"upload_local": fields{
			"name": name, "size": len(data), "sha256": sumOf(data), "offset": at, "data": base64.StdEncoding.EncodeToString(data[at:end])}})
	}
	return all
}

func TestUpload(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	data := pdftest.New(pdftest.Options{Pages: 40})
	h := m.attached()
	h.state("start")
	h.send(chunks("a.pdf", data, 1000)[0])
	h.fault("MESSAGE_OUT_OF_TURN")
	h.again()

	all := chunks("../../Contrato de Família.pdf", data, 1000)
	require.Greater(t, len(all), 3)
	bad := func(code string, f fields) {
		t.Helper()
		h.send(f)
		require.Equal(t, "stage1_input", h.fault(code).State)
	}
	good := func(f fields) message {
		t.Helper()
		h.send(f)
		m := h.until(func(m message) bool { return m.Progress == "upload_local" || m.Error != nil })
		require.Equal(t, "OK", m.Status, "%+v", m.Error)
		return m
	}
	chunk := func(changed fields) fields {
		c := fields{}
		for k, v := range all[0]["upload_local"].(fields) {
			c[k] = v
		}
		for k, v := range changed {
			c[k] = v
		}
		return fields{"upload_local": c}
	}

	bad("UPLOAD_INVALID", all[1])                                // before the first
	good(all[0])                                                 //
	bad("UPLOAD_INVALID", all[2])                                // one left out: all is forgotten
	bad("UPLOAD_INVALID", all[1])                                //
	bad("UPLOAD_INVALID", chunk(fields{"size": 10}))             // more than was announced
	bad("PDF_TOO_LARGE", chunk(fields{"size": int64(65) << 20})) //
	bad("PDF_EMPTY", chunk(fields{"size": 0}))                   //
	bad("PDF_EMPTY", chunk(fields{"size": -1}))                  //
	bad("UPLOAD_INVALID", chunk(fields{"offset": -1}))           //
	bad("UPLOAD_INVALID", chunk(fields{"data": ""}))             //
	bad("UPLOAD_INVALID", chunk(fields{"data": "&&&"}))          //
	bad("UPLOAD_INVALID", fields{"upload_local": 5})             //
	bad("UPLOAD_INVALID", fields{"upload_local": "not base64"})  //
	bad("UPLOAD_INVALID", chunk(fields{"size": 1000, "sha256": strings.Repeat("0", 64)}))
	bad("PDF_NOT_PDF", fields{"upload_local": base64.StdEncoding.EncodeToString([]byte("<html>log in</html>"))})

	// Nothing of that counts as a document.
	bad("PDF_NOT_FOUND", fields{"phone": goodPhone, "pin": goodPIN, "confirm": sumOf(data)})

	var last message
	for _, c := range all {
		last = good(c)
	}
	require.EqualValues(t, len(data), last.Received)
	require.NotNil(t, last.Document)
	require.Equal(t, sumOf(data), last.Document.SHA256)
	require.Equal(t, 40, last.Document.Pages)
	bad("UPLOAD_INVALID", all[1]) // it's whole already
	for _, c := range all {
		last = good(c)
	}

	// What came in by itself is signed only if it's said back.
	bad("CONFIRM_MISSING", fields{"phone": goodPhone, "pin": goodPIN})
	bad("PDF_CHANGED", fields{"phone": goodPhone, "pin": goodPIN, "confirm": strings.Repeat("0", 64)})
	h.send(fields{"phone": goodPhone, "pin": goodPIN, "confirm": strings.ToUpper(sumOf(data))})
	h.otp(m.sandbox, goodPhone)
	last = h.ended()
	original := m.at("original.pdf")
	require.NoError(t, os.WriteFile(original, data, 0o600))
	m.requireSaved(last, original)
	require.Equal(t, m.at("Downloads", "Contrato de Família-signed.pdf"), last.File.Path, "a name from outside doesn't leave the folder")
}

// The form of background/000: the whole document as one text.
func TestUploadAsOneText(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	data, err := os.ReadFile(m.pdf("a.pdf"))
	require.NoError(t, err)
	h := m.attached()
	h.begin()
	h.send(fields{"upload_local": base64.StdEncoding.EncodeToString(data)})
	got := h.until(func(m message) bool { return m.Progress == "upload_local" })
	h.send(fields{"phone": goodPhone, "pin": goodPIN, "confirm": got.Document.SHA256})
	h.otp(m.sandbox, goodPhone)
	m.requireSaved(h.ended(), m.at("a.pdf"))
}
