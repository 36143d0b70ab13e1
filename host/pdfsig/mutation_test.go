package pdfsig_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
)

// covered gives a file without the value of its newest signature, whose digits may
// be written in capitals.
func covered(file []byte) []byte {
	at := bytes.LastIndex(file, []byte("/Contents<"))
	if at < 0 {
		return file
	}
	end := bytes.IndexByte(file[at:], '>')
	return append(bytes.Clone(file[:at]), file[at+max(end, 0):]...)
}

// TestNoByteMayChange changes, takes out and doubles every byte of a signed file in
// turn: none of these files may be verified.
func TestNoByteMayChange(t *testing.T) {
	original := pdftest.WithContent("q Q")
	good := forge{room: 3200}.sign(t, original)
	require.Equal(t, pdfsig.Verified, verifyReturned(t, good, original, trusting(genuine())).Verdict)
	value := bytes.LastIndex(good, []byte("/Contents<"))
	step := 1
	for i := 0; i < len(good); i += step {
		step = 1
		inside := i > value+20 && i < value+6300
		if inside {
			step = 23 // inside the signature's value a sample is enough
		}
		for what, file := range map[string][]byte{
			"changed":   append(append(bytes.Clone(good[:i]), good[i]^1), good[i+1:]...),
			"taken out": append(bytes.Clone(good[:i]), good[i+1:]...),
			"doubled":   append(append(bytes.Clone(good[:i]), good[i]), good[i:]...),
		} {
			if inside && what == "changed" {
				continue // the bag of certificates is nobody's word; package cms tests the rest
			}
			r := verifyReturned(t, file, original, trusting(genuine()))
			require.NotEqual(t, pdfsig.Verified, r.Verdict, "byte %d %s", i, what)
		}
	}
}

// FuzzVerify gives whole files to the verifier: a file is verified only if every
// byte that a signature covers is that of a genuine one.
func FuzzVerify(f *testing.F) {
	var genuineBytes [][]byte
	for _, o := range []pdftest.Options{{}, {Streams: true}, {Form: "direct", Annots: "indirect"}} {
		original := pdftest.New(o)
		file := forge{room: 3200}.sign(f, original)
		genuineBytes = append(genuineBytes, covered(file))
		f.Add(file, len(original))
		f.Add(original, len(original)/2)
	}
	for _, s := range pdftest.Shapes() {
		f.Add(s.Data, len(s.Data))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		if cut < 0 || cut > len(b) {
			return
		}
		r := verifyReturned(t, b, b[:cut], trusting(genuine()))
		if r.Verdict == pdfsig.Verified {
			known := false
			for _, g := range genuineBytes {
				known = known || bytes.Equal(g, covered(b))
			}
			require.True(t, known, "verified: %q", b)
		}
		require.NotEqual(t, pdfsig.Verified, verifyAlone(t, b).Verdict)
	})
}
