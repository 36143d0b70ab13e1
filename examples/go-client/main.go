// Command go-client signs a PDF by a "cmdsign serve", in Go:
//
//	go run ./examples/go-client ws://127.0.0.1:8765/ contrato.pdf
//
// It asks for phone, PIN and code on the terminal (a real program doesn't echo them). TOKEN in the environment is the server's token,
// SERVER_KEY the id of its key where it's known. The signed file lands beside the original.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/coder/websocket"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go-client URL PDF")
		os.Exit(2)
	}
	if err := sign(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "go-client:", err)
		os.Exit(1)
	}
}

// message is what the server says; docs/PROTOCOL.md has all of it.
type message struct {
	State, Progress, ID, Nonce, Reference string
	Operator                              *struct{ Name, Privacy string }
	Seal                                  *struct {
		HPKE string
		Key  struct{ X, Y, Kid string }
	}
	Document *struct {
		Name, SHA256 string
		Pages        int
	}
	Error  *struct{ Code, Message, Next string }
	Result *struct{ Verdict, Signer string }
	File   *struct{ Name string }
	Part   *struct {
		Offset, Size int64
		SHA256       string
		Data         []byte
	}
}

func sign(ctx context.Context, url, path string) error {
	pdf, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	document := sum(pdf)
	header := http.Header{}
	if token := os.Getenv("TOKEN"); token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	ws, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		return err
	}
	defer ws.CloseNow()
	ws.SetReadLimit(16 << 20)
	send := func(m map[string]any) error {
		data, err := json.Marshal(m)
		if err != nil {
			return err
		}
		return ws.Write(ctx, websocket.MessageText, data)
	}
	typed := bufio.NewReader(os.Stdin)
	ask := func(what string) string {
		fmt.Fprint(os.Stderr, what, ": ")
		line, _ := typed.ReadString('\n')
		return string(bytes.TrimSpace([]byte(line)))
	}

	var key *sealer
	var nonce string
	var done message
	var signed []byte
	for {
		_, data, err := ws.Read(ctx)
		if err != nil {
			return err
		}
		var m message
		if err := json.Unmarshal(data, &m); err != nil {
			return err
		}
		if m.Nonce != "" {
			nonce = m.Nonce
		}
		if m.Error != nil {
			// With retry "type" the server waits for the same input again; this one gives up.
			return fmt.Errorf("%s: %s %s", m.Error.Code, m.Error.Message, m.Error.Next)
		}
		switch {
		case m.State == "start":
			if m.Operator != nil {
				fmt.Fprintf(os.Stderr, "%s types your PIN: %s\n", m.Operator.Name, m.Operator.Privacy)
			}
			if key, err = newSealer(m, os.Getenv("SERVER_KEY")); err == nil {
				err = send(map[string]any{"start": "", "lang": "en", "protocol": 1, "min_protocol": 1})
			}
		case m.State == "stage1_input" && m.Document != nil:
			if m.Document.SHA256 != document {
				return errors.New("the server has another document")
			}
			fmt.Fprintf(os.Stderr, "%s, %d pages, SHA-256 %s\n", m.Document.Name, m.Document.Pages, document)
			err = send(map[string]any{
				"sealed_to": key.id, "confirm": document,
				"phone_sealed": key.seal("phone", nonce, document, ask("Phone")), "pin_sealed": key.seal("pin", nonce, document, ask("Signature PIN")),
			})
		case m.State == "stage1_input" && m.Nonce != "":
			// Longer documents go in several: up to 12 MiB in one.
			err = send(map[string]any{"upload_local": map[string]any{"name": filepath.Base(path), "size": len(pdf), "sha256": document, "offset": 0, "data": pdf}})
		case m.State == "stage2_input" && m.Progress == "otp":
			err = send(map[string]any{"sealed_to": key.id, "otp_sealed": key.seal("otp", nonce, document, ask("Code for the document "+m.Reference))})
		case m.Progress == "download" && m.Part != nil:
			if signed = append(signed, m.Part.Data...); int64(len(signed)) == m.Part.Size {
				return save(path, pdf, signed, m.Part.SHA256, done)
			}
			err = send(map[string]any{"download": map[string]any{"id": m.ID, "offset": len(signed)}})
		case m.State == "done":
			done = m
			err = send(map[string]any{"download": map[string]any{"id": m.ID, "offset": 0}})
		}
		if err != nil {
			return err
		}
	}
}

// save looks at what came before it's kept: the server's own words aren't enough.
func save(path string, pdf, signed []byte, want string, done message) error {
	if sum(signed) != want || len(signed) <= len(pdf) || !bytes.HasPrefix(signed, pdf) {
		return errors.New("not the document and a signature")
	}
	out := filepath.Join(filepath.Dir(path), filepath.Base(done.File.Name))
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(signed); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]string{"file": out, "verdict": done.Result.Verdict, "signer": done.Result.Signer})
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// sealer seals secrets to the server's key (docs/PROTOCOL.md, "Sealed secrets").
type sealer struct {
	to hpke.PublicKey
	id string
}

// newSealer takes the key of the first message; with known, only that one.
func newSealer(m message, known string) (*sealer, error) {
	if m.Seal == nil || m.Seal.HPKE != "0010-0001-0002" {
		return nil, errors.New("the server takes nothing sealed")
	}
	k := m.Seal.Key
	thumbprint := sha256.Sum256(fmt.Appendf(nil, `{"crv":"P-256","kty":"EC","x":%q,"y":%q}`, k.X, k.Y)) // RFC 7638
	id := base64.RawURLEncoding.EncodeToString(thumbprint[:])
	if id != k.Kid || known != "" && known != id {
		return nil, errors.New("not the server's key")
	}
	x, errX := base64.RawURLEncoding.DecodeString(k.X)
	y, errY := base64.RawURLEncoding.DecodeString(k.Y)
	if err := errors.Join(errX, errY); err != nil {
		return nil, err
	}
	point, err := ecdh.P256().NewPublicKey(append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, err
	}
	to, err := hpke.NewDHKEMPublicKey(point)
	return &sealer{to, id}, err
}

func (s *sealer) seal(what, nonce, document, value string) []byte {
	padded := make([]byte, 64) // so that its length tells nothing
	copy(padded, value)
	sealed, err := hpke.Seal(s.to, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte("cmdsign 1\n"+what+"\n"+nonce+"\n"+document), padded)
	if err != nil {
		panic(err) // the key was looked at
	}
	return sealed
}
