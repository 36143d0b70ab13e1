package server

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hpke"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// jwk is the key as a client reads it.
type jwk struct{ Kty, Crv, X, Y, Kid string }

func (j jwk) public(t *testing.T) hpke.PublicKey {
	t.Helper()
	x, err := base64.RawURLEncoding.DecodeString(j.X)
	require.NoError(t, err)
	y, err := base64.RawURLEncoding.DecodeString(j.Y)
	require.NoError(t, err)
	key, err := ecdh.P256().NewPublicKey(append(append([]byte{4}, x...), y...))
	require.NoError(t, err)
	public, err := hpke.NewDHKEMPublicKey(key)
	require.NoError(t, err)
	return public
}

// sealTo seals as docs/PROTOCOL.md says, with nothing of the server's own code.
func sealTo(t *testing.T, to hpke.PublicKey, what, nonce, document, value string) []byte {
	t.Helper()
	padded := make([]byte, 64)
	copy(padded, value)
	sealed, err := hpke.Seal(to, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte("cmdsign 1\n"+what+"\n"+nonce+"\n"+document), padded)
	require.NoError(t, err)
	return sealed
}

func (p *place) hash(file string) string {
	data, err := os.ReadFile(filepath.Join(p.root, file))
	require.NoError(p.t, err)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func (k *talk) write(fields map[string]any) {
	k.t.Helper()
	data, err := json.Marshal(fields)
	require.NoError(k.t, err)
	k.send(string(data))
}

const sealedFile = "session/path/to/file.pdf"

// What is typed reaches the method without having stood in any message, and a PIN that is asked for again is sealed anew.
func TestSealedSecrets(t *testing.T) {
	t.Parallel()
	var typed []string
	p := serve(t, map[string]any{"seal": map[string]any{"required": true}}, engine{sign: func(ctx context.Context, _ conversation.Document, person conversation.Person) (conversation.Signed, error) {
		for _, why := range []*problem.Error{nil, problem.New(problem.PINWrong, "")} {
			c, err := person.Credentials(ctx, why)
			if err != nil {
				return conversation.Signed{}, err
			}
			typed = append(typed, c.Phone.Reveal(), c.PIN.Reveal())
		}
		code, err := person.Code(ctx, conversation.CodePrompt{})
		if err != nil {
			return conversation.Signed{}, err
		}
		typed = append(typed, code.Code.Reveal())
		return conversation.Signed{}, problem.New(problem.SiteSlow, "")
	}})
	k := p.connect(nil)
	first := k.state("start").Seal
	require.True(t, first.Required)
	require.Equal(t, "0010-0001-0002", first.HPKE)
	public, document := first.Key.public(t), p.hash(sealedFile)
	k.send(`{"start":""}`)
	prompt := k.state("stage1_input")

	k.send(credentials)
	k.fault(problem.SealMissing)
	k.write(map[string]any{"pin_sealed": []byte("x"), "phone_sealed": []byte("x"), "pdf_file_path": sealedFile})
	k.fault(problem.ConfirmMissing)
	give := func(nonce, pin string) map[string]any {
		return map[string]any{
			"sealed_to": first.Key.Kid, "pdf_file_path": sealedFile, "confirm": strings.ToUpper(document),
			"phone_sealed": sealTo(t, public, "phone", nonce, document, "+351 900000001"), "pin_sealed": sealTo(t, public, "pin", nonce, document, pin),
		}
	}
	recorded := give(prompt.Nonce, "13572468")
	k.write(recorded)
	again := k.until(func(s said) bool { return s.Error != nil })
	require.EqualValues(t, problem.PINWrong, again.Error.Code)
	require.NotEqual(t, prompt.Nonce, again.Nonce)
	k.write(recorded) // whoever stands between has the PIN tried once more
	k.fault(problem.SealRefused)
	k.write(give(again.Nonce, "24681357"))

	code := k.state("stage2_input")
	k.send(`{"otp":"271828"}`)
	k.fault(problem.SealMissing)
	k.write(map[string]any{"sealed_to": first.Key.Kid, "otp_sealed": sealTo(t, public, "otp", code.Nonce, document, "271828")})
	k.until(said.over)
	require.Equal(t, []string{"+351 900000001", "13572468", "+351 900000001", "24681357", "271828"}, typed)
	for _, secret := range []string{"13572468", "24681357", "271828", "900000001"} {
		require.NotContains(t, p.log.String(), secret)
	}
}

// One answer for whatever doesn't open, and the conversation stays where it is.
func TestWhatIsSealedForAnotherDoesNotOpen(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, engine{})
	document := p.hash(sealedFile)
	other := p.connect(nil)
	key := other.state("start").Seal.Key
	other.send(`{"start":""}`)
	elsewhere := other.state("stage1_input").Nonce
	require.NotEmpty(t, elsewhere)
	stranger, err := hpke.DHKEM(ecdh.P256()).GenerateKey()
	require.NoError(t, err)

	k := p.connect(nil)
	k.send(`{"start":""}`)
	nonce := k.state("stage1_input").Nonce
	require.NotEqual(t, elsewhere, nonce)
	public := key.public(t)
	good := sealTo(t, public, "pin", nonce, document, "13572468")
	flipped := append([]byte{}, good...)
	flipped[len(flipped)-1] ^= 1
	send := func(pin []byte, more map[string]any) {
		m := map[string]any{"sealed_to": key.Kid, "pdf_file_path": sealedFile, "confirm": document, "phone_sealed": sealTo(t, public, "phone", nonce, document, "+351 900000001"), "pin_sealed": pin}
		for name, value := range more {
			m[name] = value
		}
		k.write(m)
	}
	for name, c := range map[string]struct {
		pin  []byte
		more map[string]any
	}{
		"of another conversation": {pin: sealTo(t, public, "pin", elsewhere, document, "13572468")},
		"of no conversation":      {pin: sealTo(t, public, "pin", "", document, "13572468")},
		"for another document":    {pin: sealTo(t, public, "pin", nonce, p.hash("other/file.pdf"), "13572468")},
		"another document named":  {pin: good, more: map[string]any{"pdf_file_path": "other/file.pdf", "confirm": p.hash("other/file.pdf")}},
		"a phone as a PIN":        {pin: sealTo(t, public, "phone", nonce, document, "13572468")},
		"to another key":          {pin: sealTo(t, stranger.PublicKey(), "pin", nonce, document, "13572468")},
		"another key's id":        {pin: good, more: map[string]any{"sealed_to": "k"}},
		"no key's id":             {pin: good, more: map[string]any{"sealed_to": ""}},
		"altered":                 {pin: flipped},
		"cut":                     {pin: good[:len(good)-1]},
		"longer":                  {pin: append(append([]byte{}, good...), 0)},
		"endless":                 {pin: make([]byte, 4<<20)},
		"nothing":                 {pin: []byte{}},
		"no point of the curve":   {pin: make([]byte, len(good))},
		"sealed and in the clear": {pin: good, more: map[string]any{"pin": "13572468"}},
	} {
		t.Run(name, func(t *testing.T) {
			send(c.pin, c.more)
			k.fault(problem.SealRefused)
		})
	}
	send(good, map[string]any{"confirm": p.hash("other/file.pdf")})
	k.fault(problem.SealRefused)
	short := sealTo(t, public, "pin", nonce, document, "12")
	send(short, nil)
	k.fault(problem.PINFormat)
	send(good, nil)
	k.state("stage2_input")
	require.GreaterOrEqual(t, p.count("refused_total", "SEAL_REFUSED"), 15)
	require.NotContains(t, p.log.String(), "13572468")
}

// The key can be noted before any conversation, by whoever may hold one; it's the configured one, or another at each start.
func TestTheKeyIsPublished(t *testing.T) {
	t.Parallel()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "seal.pem")
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	configured := map[string]any{"seal": map[string]any{"key": path}, "origins": []string{"https://app.example.org"}}

	ask := func(p *place, origin string) (int, http.Header, jwk) {
		request, err := http.NewRequest(http.MethodGet, "http"+strings.TrimPrefix(p.URL(), "ws")+".well-known/cmdsign-keys.json", nil)
		require.NoError(t, err)
		if origin != "" {
			request.Header.Set("Origin", origin)
		}
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		data, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		var set struct{ Keys []jwk }
		if response.StatusCode == http.StatusOK {
			require.NoError(t, json.Unmarshal(data, &set), "%s", data)
			require.Len(t, set.Keys, 1)
			return response.StatusCode, response.Header, set.Keys[0]
		}
		return response.StatusCode, response.Header, jwk{}
	}
	p := serve(t, configured, engine{})
	status, header, key := ask(p, "https://app.example.org")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "https://app.example.org", header.Get("Access-Control-Allow-Origin"))
	point, err := private.PublicKey.ECDH()
	require.NoError(t, err)
	require.Equal(t, base64.RawURLEncoding.EncodeToString(point.Bytes()[1:33]), key.X)
	require.Equal(t, base64.RawURLEncoding.EncodeToString(point.Bytes()[33:]), key.Y)
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + key.X + `","y":"` + key.Y + `"}`)) // RFC 7638 3.2
	require.Equal(t, base64.RawURLEncoding.EncodeToString(sum[:]), key.Kid)
	require.Equal(t, key, p.connect(nil).state("start").Seal.Key)
	status, header, _ = ask(p, "https://example.net")
	require.Equal(t, http.StatusForbidden, status)
	require.Empty(t, header.Get("Access-Control-Allow-Origin"))

	_, _, one := ask(serve(t, nil, engine{}), "")
	_, _, two := ask(serve(t, nil, engine{}), "")
	require.NotEqual(t, one, two)
}

func TestSealKeyFiles(t *testing.T) {
	t.Parallel()
	block := func(kind string, der []byte, err error) []byte {
		require.NoError(t, err)
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	pkcs8 := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		return block("PRIVATE KEY", der, err)
	}
	good, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	sec1, err := x509.MarshalECPrivateKey(good)
	for name, c := range map[string]struct {
		data []byte
		fits bool
	}{
		"PKCS #8":                {pkcs8(good), true},
		"SEC 1, as openssl does": {append(block("EC PARAMETERS", []byte{6, 0}, nil), block("EC PRIVATE KEY", sec1, err)...), true},
		"another curve":          {pkcs8(other), false},
		"RSA":                    {pkcs8(rsaKey), false},
		"a certificate's":        {block("CERTIFICATE", sec1, nil), false},
		"no key at all":          {[]byte("password"), false},
		"empty":                  {nil, false},
		"cut":                    {pkcs8(good)[:80], false},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := parseSealKey(c.data)
			require.Equal(t, c.fits, err == nil, "%v", err)
			if c.fits {
				want, err := good.ECDH()
				require.NoError(t, err)
				require.True(t, want.Equal(key))
			}
		})
	}
}

// Whatever is sent, only what was sealed for this very prompt opens.
func FuzzSealed(f *testing.F) {
	seal, err := readSealKey("")
	require.NoError(f, err)
	info := conversation.SealInfo("pin", "NONCE", strings.Repeat("0", 64))
	padded := make([]byte, 64)
	copy(padded, "1234")
	valid, err := hpke.Seal(seal.private.PublicKey(), hpke.HKDFSHA256(), hpke.AES256GCM(), info, padded)
	require.NoError(f, err)
	f.Add(seal.id, info, valid)
	f.Add(seal.id, info[1:], valid)
	f.Add("", []byte(nil), []byte(nil))
	f.Add(seal.id, info, make([]byte, len(valid)))
	f.Fuzz(func(t *testing.T, id string, said, sealed []byte) {
		opened, err := seal.open(id, said, sealed)
		if err != nil {
			require.Equal(t, "SEAL_REFUSED", string(problem.Of(err)))
			return
		}
		require.Equal(t, "1234", opened.Reveal())
		require.Equal(t, info, said)
		require.Equal(t, seal.id, id)
	})
}

func FuzzSealKey(f *testing.F) {
	f.Add([]byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"))
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if key, err := parseSealKey(data); err == nil {
			require.NotNil(t, key)
		}
	})
}
