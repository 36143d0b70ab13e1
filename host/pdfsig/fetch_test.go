package pdfsig_test

import (
	"context"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
)

// responder is an authority's web server: it answers by path, and counts.
type responder struct {
	*httptest.Server
	asked   atomic.Int32
	answers sync.Map // http.HandlerFunc by path; one request may still hang when the next answer is set
}

func (s *responder) answer(path string, h http.HandlerFunc) { s.answers.Store(path, h) }

func newResponder(t *testing.T) *responder {
	s := &responder{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if h, _ := s.answers.Load(r.URL.Path); h != nil && h.(http.HandlerFunc) != nil {
			h.(http.HandlerFunc)(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func bytesOf(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) }
}

// TestRevocationOverHTTP asks a server as it would the State's: what it says, and everything that it can do wrong.
func TestRevocationOverHTTP(t *testing.T) {
	k := rsaKeys()
	server := newResponder(t)
	p := &pki{root: genuine().root, issuing: genuine().issuing}
	p.leaf = issue(signerName, k[3], p.issuing, func(c *x509.Certificate) {
		citizen(c)
		c.OCSPServer = []string{"ldap://" + server.Listener.Addr().String() + "/ocsp", server.URL + "/ocsp"}
		c.CRLDistributionPoints = []string{server.URL + "/crl"}
	})
	file := forge{pki: p}.sign(t, document)
	responds := func(status int, change func(*ocsp.Response), by *party) http.HandlerFunc {
		r := ocsp.Response{
			Status: status, SerialNumber: p.leaf.cert.SerialNumber, ThisUpdate: clock.Add(-time.Minute), NextUpdate: clock.Add(time.Hour),
		}
		change(&r)
		raw, err := ocsp.CreateResponse(by.cert, by.cert, r, by.key)
		require.NoError(t, err)
		return func(w http.ResponseWriter, q *http.Request) {
			body, err := io.ReadAll(q.Body)
			request, err2 := ocsp.ParseRequest(body)
			if err != nil || err2 != nil || q.Method != http.MethodPost || q.Header.Get("Content-Type") != "application/ocsp-request" ||
				request.SerialNumber.Cmp(p.leaf.cert.SerialNumber) != 0 {
				http.Error(w, "unsound request", http.StatusBadRequest)
				return
			}
			_, _ = w.Write(raw)
		}
	}
	same := func(*ocsp.Response) {}
	revoked := func(at time.Duration) http.HandlerFunc {
		return responds(ocsp.Revoked, func(r *ocsp.Response) { r.RevokedAt = clock.Add(at) }, p.issuing)
	}
	good := responds(ocsp.Good, same, p.issuing)
	goodCRL := bytesOf(crl(t, p.issuing, asIs))
	elsewhere := newResponder(t)
	elsewhere.answer("/ocsp", good)
	server.answer("/moved", good)
	other := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)
	require.NotEqual(t, elsewhere.URL, other)
	redirect := func(to string, code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, code) }
	}
	hang := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server doesn't notice that the client has gone
		<-r.Context().Done()
	}
	endless := func(w http.ResponseWriter, _ *http.Request) {
		for range 10 {
			_, _ = w.Write(make([]byte, 1<<20))
		}
	}
	broken := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) }
	for _, c := range []struct {
		name      string
		ocsp, crl http.HandlerFunc
		verdict   pdfsig.Verdict
		says      string
		asked     int32
	}{
		{"good", good, nil, pdfsig.Verified, "OCSP", 1},
		{"revoked before the signature", revoked(-time.Hour), goodCRL, pdfsig.Failed, "was revoked on", 1},
		{"revoked at the very time", revoked(0), goodCRL, pdfsig.Failed, "was revoked on", 1},
		{"revoked after the time that the signature claims", revoked(time.Hour), goodCRL, pdfsig.Look, "which nothing proves", 1},
		{"not known to the responder, good by CRL", responds(ocsp.Unknown, same, p.issuing), goodCRL, pdfsig.Verified, "the CRL", 2},
		{"not known to the responder, no CRL", responds(ocsp.Unknown, same, p.issuing), nil, pdfsig.Look, "nobody could say", 2},
		{"an answer that has expired", responds(ocsp.Good, func(r *ocsp.Response) {
			r.ThisUpdate, r.NextUpdate = clock.Add(-2*time.Hour), clock.Add(-time.Hour)
		}, p.issuing), nil, pdfsig.Look, "nobody could say", 2},
		{"an answer from the future", responds(ocsp.Good, func(r *ocsp.Response) {
			r.ThisUpdate, r.NextUpdate = clock.Add(2*time.Hour), clock.Add(3*time.Hour)
		}, p.issuing), nil, pdfsig.Look, "nobody could say", 2},
		{"signed by somebody else", responds(ocsp.Good, same, foreign().issuing), nil, pdfsig.Look, "nobody could say", 2},
		{"about another certificate", responds(ocsp.Good, func(r *ocsp.Response) { r.SerialNumber = p.issuing.cert.SerialNumber }, p.issuing), nil, pdfsig.Look, "nobody could say", 2},
		{"hangs", hang, hang, pdfsig.Look, "nobody could say", 2},
		{"never ends", endless, endless, pdfsig.Look, "nobody could say", 2},
		{"broken", broken, broken, pdfsig.Look, "nobody could say", 2},
		{"broken, good by CRL", broken, goodCRL, pdfsig.Verified, "the CRL", 2},
		{"sends us to another place of its own", redirect("/moved", http.StatusPermanentRedirect), nil, pdfsig.Verified, "OCSP", 2},
		{"sends us to another host", redirect(other+"/ocsp", http.StatusTemporaryRedirect), redirect("file:///etc/passwd", http.StatusFound), pdfsig.Look, "nobody could say", 2},
		{"sends us in a circle", redirect("/ocsp", http.StatusPermanentRedirect), nil, pdfsig.Look, "nobody could say", 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			server.answer("/ocsp", c.ocsp)
			server.answer("/crl", c.crl)
			server.asked.Store(0)
			o := trusting(genuine())
			o.Roots = []*x509.Certificate{p.issuing.cert}
			timeout := time.Minute // far more than an answer takes
			if c.name == "hangs" {
				timeout = 300 * time.Millisecond
			}
			o.Fetch = pdfsig.HTTPFetch(t.Context(), timeout)
			r := verifyReturned(t, file, document, o)
			require.Equal(t, c.verdict, r.Verdict, "%+v", r.Findings)
			require.Contains(t, r.Find(pdfsig.CheckRevocation).Detail, c.says)
			require.Equal(t, pdfsig.ExistsYes, r.SignatureExists)
			if c.name != "hangs" { // the time may be over before the server hears of it
				require.Equal(t, c.asked, server.asked.Load())
			}
			require.Zero(t, elsewhere.asked.Load())
		})
	}
	t.Run("nobody is asked where it is off", func(t *testing.T) {
		server.asked.Store(0)
		o := trusting(genuine())
		r := verifyReturned(t, file, document, o)
		require.Equal(t, pdfsig.Verified, r.Verdict)
		require.Equal(t, pdfsig.Unknown, r.Find(pdfsig.CheckRevocation).Result)
		require.Zero(t, server.asked.Load())
	})
	t.Run("after the end of all asking", func(t *testing.T) {
		server.asked.Store(0)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		o := trusting(genuine())
		o.Fetch = pdfsig.HTTPFetch(ctx, time.Minute)
		require.Equal(t, pdfsig.Look, verifyReturned(t, file, document, o).Verdict)
		require.Zero(t, server.asked.Load())
	})
	t.Run("revoked after a claimed time, told by the file alone", func(t *testing.T) {
		late := forge{pki: p, template: func(tpl *cms.Template) {
			at := clock.Add(-48 * time.Hour)
			tpl.SigningTime = &at
			tpl.Extra = [][]byte{archive(crl(t, p.issuing, asIs, p.leaf.cert))}
		}}
		o := trusting(genuine())
		o.Roots = []*x509.Certificate{p.issuing.cert}
		require.Equal(t, pdfsig.Look, verifyReturned(t, late.sign(t, document), document, o).Verdict)
	})
}

// TestWhatARequestTells checks that a request says nothing of us: no cookie that an earlier answer set, no referrer, a plain name.
func TestWhatARequestTells(t *testing.T) {
	server := newResponder(t)
	var seen []http.Header
	server.answer("/from", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/", http.StatusFound)
	})
	server.answer("/", func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header)
		http.SetCookie(w, &http.Cookie{Name: "who", Value: "you"})
	})
	fetch := pdfsig.HTTPFetch(t.Context(), time.Minute)
	for range 2 {
		_, err := fetch(server.URL+"/from", "", nil)
		require.NoError(t, err)
	}
	require.Len(t, seen, 2)
	for _, h := range seen {
		require.Equal(t, "cmdsign", h.Get("User-Agent"))
		require.Empty(t, h.Get("Cookie"))
		require.Empty(t, h.Get("Referer"))
	}
	for _, address := range []string{"ftp://example.org/x", "file:///etc/passwd", "//example.org", "http:opaque", "http://a:b@" + server.Listener.Addr().String() + "/", "x", ""} {
		_, err := fetch(address, "", nil)
		require.ErrorContains(t, err, "not an address", address)
	}
	require.Len(t, seen, 2)
}
