package server

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/nativemsg"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/sigtest"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

func (e engine) anchors() []*x509.Certificate {
	if e.trust == nil {
		return nil
	}
	return []*x509.Certificate{e.trust}
}

// signer is an engine that asks for a code and signs, so that what comes back is verified.
func signer(t *testing.T) engine {
	t.Helper()
	authority, err := sigtest.NewAuthority("http://127.0.0.1:1/")
	require.NoError(t, err)
	return engine{trust: authority.Root, sign: func(ctx context.Context, d conversation.Document, p conversation.Person) (conversation.Signed, error) {
		if err := commit(ctx, p); err != nil {
			return conversation.Signed{}, err
		}
		file, err := os.ReadFile(d.Path)
		if err == nil {
			file, err = authority.Sign(file)
		}
		if err != nil {
			return conversation.Signed{}, err
		}
		return p.Hold(file)
	}}
}

// piece asks for a piece of a signed file.
func (k *talk) piece(id string, offset int) said {
	k.t.Helper()
	k.send(fmt.Sprintf(`{"download":{"id":%q,"offset":%d}}`, id, offset))
	return k.until(func(s said) bool { return s.Progress == "download" })
}

// Who signed a document over the network gets it back over the same connection, in pieces that a browser's native messaging would carry too;
// nobody else gets it, and nothing else is given.
func TestTheSignedFileIsFetchedBack(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	p := serve(t, i.settings(), signer(t))
	require.NoError(t, os.WriteFile(filepath.Join(p.root, "large.pdf"), pdftest.New(pdftest.Options{Pages: 5000}), 0o600))
	k := p.connect(nil)
	require.Contains(t, k.state("start").Capabilities, "download")
	k.send(`{"start":""}`)
	k.state("stage1_input")
	k.send(`{"phone":"+351 900000001","pin":"1234","pdf_file_path":"large.pdf","jwt":"` + i.hs(nil) + `"}`)
	id := k.state("stage2_input").ID
	require.EqualValues(t, problem.FileMoved, k.piece(id, 0).Error.Code, "before there's one")
	k.send(`{"otp":"123456"}`)
	done := k.until(said.over)
	require.Equal(t, "done", done.State, "%+v", done.Error)

	want, err := os.ReadFile(filepath.Join(p.dir, "results", done.File.Name))
	require.NoError(t, err)
	var got []byte
	for len(got) < len(want) {
		s := k.piece(id, len(got))
		require.NotNil(t, s.Part, "%+v", s.Error)
		require.EqualValues(t, len(got), s.Part.Offset)
		require.EqualValues(t, len(want), s.Part.Size)
		require.Equal(t, done.File.SHA256, s.Part.SHA256)
		require.Less(t, len(s.Part.Data)*4/3+1000, nativemsg.MaxOut)
		got = append(got, s.Part.Data...)
	}
	require.Equal(t, want, got)
	require.Equal(t, done.File.SHA256, fmt.Sprintf("%x", sha256.Sum256(got)))
	require.Equal(t, want[len(want)-10:], k.piece(id, len(want)-10).Part.Data, "gone on with after a break")
	for _, offset := range []int{-1, len(want), 1 << 60} {
		require.EqualValues(t, problem.MessageMalformed, k.piece(id, offset).Error.Code)
	}
	for _, other := range []string{"", "../" + id, "large.pdf", done.File.Name} {
		require.EqualValues(t, problem.FileMoved, k.piece(other, 0).Error.Code, other)
	}

	other := p.connect(nil)
	other.send(`{"start":""}`)
	other.state("stage1_input")
	require.EqualValues(t, problem.FileMoved, other.piece(id, 0).Error.Code, "a conversation of somebody else")
	p.counts(6, "refused_total", "FILE_MOVED")

	k.send(`{"start":""}`)
	k.state("stage1_input")
	require.NotNil(t, k.piece(id, 0).Part, "while the next is under way")
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, "results", done.File.Name), append([]byte("%PDF-1.7 other"), want[14:]...), 0o600))
	require.EqualValues(t, problem.FileMoved, k.piece(id, 0).Error.Code, "changed since")
	require.NoError(t, os.Remove(filepath.Join(p.dir, "results", done.File.Name)))
	require.EqualValues(t, problem.FileMoved, k.piece(id, 5).Error.Code)
}

// What came back and isn't verified was still made by the person's code: it can be had too, under its own state.
func TestAFileThatIsNotVerifiedIsFetchedBack(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, engine{})
	k := p.signing("other/file.pdf")
	k.send(`{"otp":"123456"}`)
	last := k.until(said.over)
	require.Equal(t, "unverified", last.State)
	require.Equal(t, "what came back for file.pdf", string(k.piece(last.ID, 0).Part.Data))
}
