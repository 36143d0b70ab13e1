package sandbox

import (
	"bytes"
	"crypto/x509"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

// The details page makes a seal where it was chosen; a page that the document hasn't is refused.
func TestTheDetailsPageMakesASeal(t *testing.T) {
	for _, look := range []string{"classic", "modern"} {
		t.Run(look, func(t *testing.T) {
			p := newPerson(t, start(t, Config{Look: look, Lang: "en"}))
			p.look = lookNamed(look)
			p.walkTo(stepDetails, okPhone)
			p.press("btnSignDetails", map[string]string{"chkVisible": "on", "ddlPosition": "1", "ddlOrientation": "P", "txtPage": "2"})
			p.requireAt(stepDetails)
			p.says("error.seal")
			p.press("btnSignDetails", map[string]string{"chkVisible": "on", "ddlPosition": "1", "ddlOrientation": "P", "txtPage": "1"})
			p.requireAt(stepCredentials)
			p.authenticate(okPhone, PIN)
			p.confirm(p.code(okPhone))
			p.requireSigned()
			require.True(t, p.verify().Signatures[0].Visible)
		})
	}
}

// Each of the nine places is a ninth of the page of its own, row by row, upright and turned.
func TestThePlacesOfASeal(t *testing.T) {
	s := start(t, Config{})
	for i, place := range signer.Places {
		for _, landscape := range []bool{false, true} {
			signed, err := s.citizen.Visible(signer.Seal{Page: 1, Place: place, Landscape: landscape}).Sign(samplePDF, time.Now())
			require.NoError(t, err)
			r, err := pdfsig.VerifyReturned(bytes.NewReader(signed), int64(len(signed)), bytes.NewReader(samplePDF), int64(len(samplePDF)),
				pdfsig.Options{Roots: []*x509.Certificate{s.Root()}, SealPage: 1})
			require.NoError(t, err)
			require.Equal(t, pdfsig.Verified, r.Verdict, "%+v", r.Findings)
			rect := r.Signatures[0].Rect
			column, row := int((rect[0]+rect[2])/2*3/595), 2-int((rect[1]+rect[3])/2*3/842)
			require.Equal(t, i, 3*row+column, place)
			require.Equal(t, landscape, rect[3]-rect[1] > rect[2]-rect[0])
		}
	}
}
