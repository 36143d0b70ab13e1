package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// issuer is whoever makes tokens for a server.
type issuer struct {
	t      testing.TB
	secret []byte
	rsa    *rsa.PrivateKey
	ec     *ecdsa.PrivateKey
	cfg    config.Tokens
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	i := &issuer{t: t, secret: []byte(rand.Text() + rand.Text())}
	var err error
	i.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	i.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	dir := t.TempDir()
	i.cfg = config.Tokens{Secret: filepath.Join(dir, "secret"), JWKS: filepath.Join(dir, "jwks.json"), Audience: "cmdsign"}
	require.NoError(t, os.WriteFile(i.cfg.Secret, append(i.secret, '\n'), 0o600))
	require.NoError(t, os.WriteFile(i.cfg.JWKS, i.jwks(), 0o600))
	return i
}

func (i *issuer) jwks() []byte {
	b64 := base64.RawURLEncoding.EncodeToString
	point, err := i.ec.PublicKey.Bytes()
	require.NoError(i.t, err)
	data, err := json.Marshal(map[string]any{"keys": []map[string]any{
		{"kty": "RSA", "kid": "r1", "use": "sig", "alg": "RS256", "n": b64(i.rsa.N.Bytes()), "e": b64(big.NewInt(int64(i.rsa.E)).Bytes())},
		{"kty": "EC", "kid": "e1", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])},
		{"kty": "OKP", "kid": "of another kind", "crv": "Ed25519", "x": "AA"},
	}})
	require.NoError(i.t, err)
	return data
}

func (i *issuer) settings() map[string]any {
	return map[string]any{"tokens": map[string]any{"secret": i.cfg.Secret, "jwks": i.cfg.JWKS, "audience": i.cfg.Audience}}
}

// good are claims that hold, with others over them; a nil takes one away.
func good(over jwt.MapClaims) jwt.MapClaims {
	c := jwt.MapClaims{"aud": "cmdsign", "exp": time.Now().Add(time.Hour).Unix(), "sub": "somebody"}
	for k, v := range over {
		if c[k] = v; v == nil {
			delete(c, k)
		}
	}
	return c
}

func (i *issuer) token(method jwt.SigningMethod, key any, header map[string]any, over jwt.MapClaims) string {
	i.t.Helper()
	token := jwt.NewWithClaims(method, good(over))
	for k, v := range header {
		token.Header[k] = v
	}
	signed, err := token.SignedString(key)
	require.NoError(i.t, err)
	return signed
}

func (i *issuer) hs(over jwt.MapClaims) string {
	return i.token(jwt.SigningMethodHS256, i.secret, nil, over)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	keys, err := readKeys(i.cfg, "test")
	require.NoError(t, err)
	publicDER, err := x509.MarshalPKIXPublicKey(&i.rsa.PublicKey)
	require.NoError(t, err)
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	past := time.Now().Add(-time.Hour).Unix()
	swapped := strings.Split(i.hs(nil), ".")
	swapped[1] = strings.Split(i.hs(jwt.MapClaims{"signatures": 1000}), ".")[1]
	none := strings.Split(i.token(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil), ".")
	noneInCapitals := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"None","typ":"JWT"}`)) + "." + none[1] + "."

	for _, c := range []struct {
		name, token string
		code        problem.Code
	}{
		{"HS256", i.hs(nil), ""},
		{"RS256", i.token(jwt.SigningMethodRS256, i.rsa, map[string]any{"kid": "r1"}, nil), ""},
		{"ES256", i.token(jwt.SigningMethodES256, i.ec, map[string]any{"kid": "e1"}, nil), ""},
		{"ES256 without the key's name", i.token(jwt.SigningMethodES256, i.ec, nil, nil), ""},
		{"one of several audiences", i.hs(jwt.MapClaims{"aud": []string{"x", "cmdsign"}}), ""},
		{"this environment", i.hs(jwt.MapClaims{"environment": "test"}), ""},

		{"nothing", "", problem.TokenRefused},
		{"the sample's", "xxx", problem.TokenRefused},
		{"alg none", strings.Join(none, "."), problem.TokenRefused},
		{"alg None", noneInCapitals, problem.TokenRefused},
		{"alg none with a signature", none[0] + "." + none[1] + "." + strings.Split(i.hs(nil), ".")[2], problem.TokenRefused},
		{"the public RSA key as an HMAC secret", i.token(jwt.SigningMethodHS256, publicPEM, map[string]any{"kid": "r1"}, nil), problem.TokenRefused},
		{"its modulus as an HMAC secret", i.token(jwt.SigningMethodHS256, i.rsa.N.Bytes(), map[string]any{"kid": "r1"}, nil), problem.TokenRefused},
		{"HS384", i.token(jwt.SigningMethodHS384, i.secret, nil, nil), problem.TokenRefused},
		{"PS256", i.token(jwt.SigningMethodPS256, i.rsa, map[string]any{"kid": "r1"}, nil), problem.TokenRefused},
		{"RS256 by the name of the EC key", i.token(jwt.SigningMethodRS256, i.rsa, map[string]any{"kid": "e1"}, nil), problem.TokenRefused},
		{"a name that isn't there", i.token(jwt.SigningMethodRS256, i.rsa, map[string]any{"kid": "x"}, nil), problem.TokenRefused},
		{"a name that is no text", i.token(jwt.SigningMethodRS256, i.rsa, map[string]any{"kid": 1}, nil), problem.TokenRefused},
		{"somebody else's key", i.token(jwt.SigningMethodRS256, other, map[string]any{"kid": "r1"}, nil), problem.TokenRefused},
		{"somebody else's secret", i.token(jwt.SigningMethodHS256, []byte(strings.Repeat("x", 32)), nil, nil), problem.TokenRefused},
		{"the claims of another", strings.Join(swapped, "."), problem.TokenRefused},
		{"expired", i.hs(jwt.MapClaims{"exp": past}), problem.TokenExpired},
		{"expired and not signed", strings.Join(strings.Split(i.hs(jwt.MapClaims{"exp": past}), ".")[:2], ".") + ".AAAA", problem.TokenRefused},
		{"without an end", i.hs(jwt.MapClaims{"exp": nil}), problem.TokenRefused},
		{"not yet", i.hs(jwt.MapClaims{"nbf": time.Now().Add(time.Hour).Unix()}), problem.TokenRefused},
		{"another audience", i.hs(jwt.MapClaims{"aud": "another"}), problem.TokenRefused},
		{"no audience", i.hs(jwt.MapClaims{"aud": nil}), problem.TokenRefused},
		{"another environment", i.hs(jwt.MapClaims{"environment": "production"}), problem.TokenLimit},
		{"a critical header", i.token(jwt.SigningMethodHS256, i.secret, map[string]any{"crit": []string{"x"}}, nil), problem.TokenRefused},
		{"no signatures", i.hs(jwt.MapClaims{"signatures": 0}), problem.TokenRefused},
		{"signatures that are no number", i.hs(jwt.MapClaims{"signatures": "many"}), problem.TokenRefused},
		{"files that are none", i.hs(jwt.MapClaims{"files": json.RawMessage("null")}), problem.TokenRefused},
		{"an empty environment", i.hs(jwt.MapClaims{"environment": ""}), problem.TokenLimit},
		{"too long", i.hs(jwt.MapClaims{"x": strings.Repeat("x", maxToken)}), problem.TokenRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := keys.check(c.token)
			if c.code == "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			require.Equal(t, c.code, problem.Of(err), "%v", err)
		})
	}

	// With only public keys nothing goes by a secret.
	public, err := readKeys(config.Tokens{JWKS: i.cfg.JWKS, Audience: "cmdsign"}, "test")
	require.NoError(t, err)
	for _, secret := range [][]byte{i.secret, publicPEM, {}} {
		_, err := public.check(i.token(jwt.SigningMethodHS256, secret, nil, nil))
		require.Equal(t, problem.TokenRefused, problem.Of(err))
	}
}

// Without a token there is no browser, no upload and no signature; with one there is what it's good for, brought by either way.
func TestTheServerAsksForTokens(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	var opened atomic.Int32
	p := serve(t, i.settings(), engine{opened: func() { opened.Add(1) }})
	sign := func(k *talk, message string) said {
		t.Helper()
		k.send(message)
		k.state("stage2_input")
		k.send(`{"otp":"123456"}`)
		return k.until(said.over)
	}
	with := func(token string) string { return strings.Replace(credentials, "TOKEN", token, 1) }

	k := p.connect(nil)
	k.send(`{"start":""}`)
	k.state("stage1_input")
	for _, message := range []string{
		`{"upload_local":"JVBERi0="}`, `{"document":{"pdf_file_path":"other/file.pdf"}}`, `{"document_data":0}`, `{"screenshot":""}`, `{"trace":1}`,
		strings.Replace(credentials, `,"jwt":"TOKEN"`, "", 1), `{"otp":"123456"}`,
	} {
		k.send(message)
		k.fault(problem.TokenMissing)
	}
	k.send(with("xxx"))
	k.fault(problem.TokenRefused)
	k.send(strings.Replace(credentials, `"TOKEN"`, `{}`, 1))
	k.fault(problem.TokenRefused)
	k.send(with(i.hs(jwt.MapClaims{"exp": time.Now().Add(-time.Hour).Unix()})))
	k.fault(problem.TokenExpired)
	require.Zero(t, opened.Load(), "a browser was opened for somebody without a token")
	p.counts(7, "refused_total", "TOKEN_MISSING")
	token := i.hs(jwt.MapClaims{"signatures": 1, "files": []string{"/session/"}})
	require.Equal(t, "unverified", sign(k, with(token)).State)

	// The same token does for no second one, in this conversation or another.
	k.send(`{"start":""}`)
	k.state("stage1_input")
	k.send(strings.TrimSuffix(with(token), "}") + `,"sign_again":"x"}`)
	k.until(func(s said) bool { return s.Error != nil })
	header := p.connect(http.Header{"Authorization": {"Bearer " + i.hs(jwt.MapClaims{"files": []string{"other/file.pdf"}})}})
	header.send(`{"start":""}`)
	header.state("stage1_input")
	header.send(`{"upload_local":"JVBERi0="}`)
	header.fault(problem.TokenLimit)
	header.send(strings.Replace(credentials, `,"jwt":"TOKEN"`, "", 1))
	header.fault(problem.TokenLimit)
	require.Equal(t, "unverified", sign(header, `{"phone":"+351 900000001","pin":"1234","pdf_file_path":"other/file.pdf"}`).State)

	for _, bad := range []string{"Bearer xxx", "bearer ", "Bearer " + i.hs(jwt.MapClaims{"aud": "another"})} {
		_, response, err := p.dial(http.Header{"Authorization": {bad}})
		require.Error(t, err)
		require.Equal(t, http.StatusUnauthorized, response.StatusCode)
		require.Contains(t, response.Header.Get("WWW-Authenticate"), "Bearer")
	}
	require.Equal(t, 2+3, p.count("refused_total", "TOKEN_REFUSED"))
	require.NotContains(t, p.log.String(), strings.Split(token, ".")[2])
	p.stillUp()
}

// Whoever brings no token doesn't keep a place by pings.
func TestAPlaceIsNotKeptWithoutAToken(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	settings := i.settings()
	settings["limits"] = map[string]any{"idle": "2s"}
	p := serve(t, settings, engine{})
	with := p.connect(http.Header{"Authorization": {"Bearer " + i.hs(nil)}})
	without := p.connect(nil)
	var last said
	for end := time.Now().Add(wait); last.Error == nil && time.Now().Before(end); {
		for _, k := range []*talk{with, without} {
			k.send(`{"ping":""}`)
			last = k.until(func(s said) bool { return s.State != "start" || s.Error != nil })
			require.False(t, k == with && last.Error != nil)
		}
	}
	require.NotNil(t, last.Error)
	require.EqualValues(t, problem.TokenMissing, last.Error.Code)
	without.closed()
	with.send(`{"ping":"still here"}`)
	with.until(func(s said) bool { return s.Progress == "still here" })
}

// A document that one token brought isn't signed by another that isn't good for it.
func TestADocumentNeedsTheTokenThatItIsSignedBy(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	_, settings := shelves(t)
	maps.Copy(settings, i.settings())
	settings["limits"] = map[string]any{"per_client": 10}
	p := serve(t, settings, engine{})
	only := func(files ...string) string { return i.hs(jwt.MapClaims{"files": files}) }
	data := pdftest.New(pdftest.Options{Pages: 9})
	upload := fmt.Sprintf(`{"upload_local":"%s","jwt":"TOKEN"}`, base64.StdEncoding.EncodeToString(data))
	object := `{"upload_s3":{"fetch":"s3://in/2026/contract.pdf","write":"s3://out/signed/a-signed.pdf"},"jwt":"TOKEN"}`
	for name, c := range map[string]struct {
		bring, by, with string
		code            problem.Code
	}{
		"an upload":                      {upload, i.hs(nil), only("other/"), problem.TokenLimit},
		"an upload, a newer token":       {upload, i.hs(nil), i.hs(jwt.MapClaims{"signatures": 2}), ""},
		"a path":                         {`{"document":{"pdf_file_path":"session/path/to/file.pdf"},"jwt":"TOKEN"}`, only("session/"), only("other/"), problem.TokenLimit},
		"a path, a newer token":          {`{"document":{"pdf_file_path":"other/file.pdf"},"jwt":"TOKEN"}`, only("other/"), only("other/file.pdf"), ""},
		"an object":                      {object, i.hs(nil), only("s3://in/2026/b.pdf", "s3://out/"), problem.TokenLimit},
		"an object, its place elsewhere": {object, i.hs(nil), only("s3://in/", "s3://out/signed/b/"), problem.TokenLimit},
	} {
		t.Run(name, func(t *testing.T) {
			k := p.connect(nil)
			k.t = t
			k.send(`{"start":""}`)
			k.state("stage1_input")
			k.send(strings.Replace(c.bring, "TOKEN", c.by, 1))
			doc := k.until(func(s said) bool { return s.Document != nil }).Document
			k.send(fmt.Sprintf(`{"phone":"+351 900000001","pin":"1234","confirm":"%s","jwt":"%s"}`, doc.SHA256, c.with))
			if c.code != "" {
				k.fault(c.code)
				return
			}
			k.state("stage2_input")
			k.send(`{"cancel":""}`)
			k.state("cancelled")
		})
	}
}

// A signature that wasn't made isn't counted; one that may have been is.
func TestATokenIsGoodForSoMany(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := ledger{used: map[passID]entry{}}
	p := &pass{id: passID{1}, expires: now.Add(time.Minute)}
	p.Signatures, p.narrowed.signatures = 2, true
	require.NoError(t, l.take(p, now))
	require.NoError(t, l.take(p, now))
	require.Equal(t, problem.TokenLimit, problem.Of(l.take(p, now)))
	l.giveBack(p)
	require.NoError(t, l.take(p, now))
	require.Equal(t, problem.TokenLimit, problem.Of(l.take(p, now)))
	require.Equal(t, problem.TokenExpired, problem.Of(l.take(p, now.Add(time.Hour))))
	another := &pass{id: passID{2}, expires: now.Add(3 * time.Hour), claims: p.claims}
	require.NoError(t, l.take(another, now.Add(2*time.Hour)))
	require.Len(t, l.used, 1, "what has expired is kept")
}

func TestKeyFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	var set struct{ Keys []map[string]any }
	require.NoError(t, json.Unmarshal(i.jwks(), &set))
	with := func(change func(rsa, ec map[string]any)) string {
		var copied struct {
			Keys []map[string]any `json:"keys"`
		}
		require.NoError(t, json.Unmarshal(i.jwks(), &copied))
		change(copied.Keys[0], copied.Keys[1])
		data, err := json.Marshal(copied)
		require.NoError(t, err)
		return string(data)
	}
	for name, text := range map[string]string{
		"nothing":           "",
		"no keys":           `{"keys":[]}`,
		"only others":       `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}`,
		"a private key":     with(func(r, _ map[string]any) { r["d"] = "AA" }),
		"a secret":          `{"keys":[{"kty":"oct","k":"AAAA"}]}`,
		"a short modulus":   with(func(r, _ map[string]any) { r["n"] = "AQAB" }),
		"an even exponent":  with(func(r, _ map[string]any) { r["e"] = "Ag" }),
		"an exponent of 1":  with(func(r, _ map[string]any) { r["e"] = "AQ" }),
		"a point elsewhere": with(func(_, e map[string]any) { e["x"] = e["y"] }),
		"half a point":      with(func(_, e map[string]any) { e["x"] = "AA" }),
	} {
		_, err := parseJWKS([]byte(text))
		require.Error(t, err, name)
	}
	keys, err := parseJWKS([]byte(with(func(r, _ map[string]any) { r["use"] = "enc" })))
	require.NoError(t, err)
	require.Len(t, keys, 1, "a key that isn't for signatures")

	short := filepath.Join(t.TempDir(), "short")
	require.NoError(t, os.WriteFile(short, []byte("password"), 0o600))
	_, err = readKeys(config.Tokens{Secret: short, Audience: "x"}, "test")
	require.ErrorContains(t, err, "fewer than")
	public := filepath.Join(t.TempDir(), "public.pem")
	require.NoError(t, os.WriteFile(public, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: make([]byte, 200)}), 0o600))
	_, err = readKeys(config.Tokens{Secret: public, Audience: "x"}, "test")
	require.ErrorContains(t, err, "not a secret")
}

// Whatever comes as a token, only what was signed by the issuer is taken, and it never means more than it said.
func FuzzToken(f *testing.F) {
	i := newIssuer(f)
	keys, err := readKeys(i.cfg, "test")
	require.NoError(f, err)
	valid := i.hs(jwt.MapClaims{"files": []string{"a"}, "signatures": 1})
	for _, seed := range []string{valid, "", "..", "a.b.c", "e30.e30.", valid + ".", "." + valid, strings.ToUpper(valid)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		p, err := keys.check(token)
		if err != nil {
			require.Contains(t, []problem.Code{problem.TokenRefused, problem.TokenExpired, problem.TokenLimit}, problem.Of(err))
			return
		}
		require.True(t, strings.HasPrefix(token, valid[:strings.LastIndexByte(valid, '.')+1]), "not what the issuer signed: %q", token)
		require.True(t, p.allows("a") && !p.allows("b") && p.narrowed.signatures)
	})
}

func FuzzJWKS(f *testing.F) {
	i := newIssuer(f)
	f.Add(i.jwks())
	f.Add([]byte(`{"keys":[{"kty":"RSA"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := parseJWKS(data)
		if err != nil {
			return
		}
		require.NotEmpty(t, keys)
		for _, k := range keys {
			switch key := k.key.(type) {
			case *rsa.PublicKey:
				require.Equal(t, "RS256", k.alg)
				require.GreaterOrEqual(t, key.N.BitLen(), minRSA)
			case *ecdsa.PublicKey:
				require.Equal(t, "ES256", k.alg)
				require.Equal(t, elliptic.P256(), key.Curve)
			default:
				require.Fail(t, "a key of no kind")
			}
		}
	})
}

func FuzzClaims(f *testing.F) {
	for _, seed := range []string{`{}`, `{"files":["a/"]}`, `{"files":null}`, `{"signatures":0}`, `{"signatures":1e3}`, `{"exp":"x"}`, `{"files":[],"files":["a"]}`, `{"FILES":["a"]}`, `null`, `[]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c claims
		if c.UnmarshalJSON(data) != nil {
			return
		}
		p := &pass{claims: c}
		if len(c.Files) > 0 {
			require.True(t, c.narrowed.files, "files that narrow nothing")
		}
		if c.narrowed.files && len(c.Files) == 0 {
			require.False(t, p.allows("a"))
		}
		require.True(t, !c.narrowed.signatures || c.Signatures > 0)
	})
}
