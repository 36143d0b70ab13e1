package environment

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// fingerprint is a certificate's SHA-256 as openssl writes it.
func fingerprint(c *x509.Certificate) string {
	hex := fmt.Sprintf("%X", sha256.Sum256(c.Raw))
	return strings.Join(regexp.MustCompile("..").FindAllString(hex, -1), ":")
}

// TestTheAnchorsAreThoseOfTheDocument holds docs/TRUST.md and the built-in anchors against each other, both ways: what is
// trusted is published, and what is published is trusted.
func TestTheAnchorsAreThoseOfTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/TRUST.md")
	require.NoError(t, err)
	var published []string
	for _, m := range regexp.MustCompile("`((?:[0-9A-F]{2}:){31}[0-9A-F]{2})`").FindAllSubmatch(text, -1) {
		published = append(published, string(m[1]))
	}
	env, ok := Builtin(Production)
	require.True(t, ok)
	var trusted []string
	for _, c := range env.Trust() {
		trusted = append(trusted, fingerprint(c))
		row := regexp.MustCompile(`(?m)^\|.*` + fingerprint(c) + `.*$`).FindString(string(text))
		require.Contains(t, row, c.Subject.CommonName)
		require.Contains(t, row, c.Issuer.CommonName)
		require.Contains(t, row, c.NotBefore.UTC().Format("2006-01-02"))
		require.Contains(t, row, c.NotAfter.UTC().Format("2006-01-02"))
	}
	require.ElementsMatch(t, trusted, published)
	require.Len(t, trusted, 5)
}

// TestProductionTrustsAuthoritiesOnly checks what nobody may put into the built-in anchors by mistake.
func TestProductionTrustsAuthoritiesOnly(t *testing.T) {
	env, _ := Builtin(Production)
	for _, c := range env.Trust() {
		require.True(t, c.IsCA && c.BasicConstraintsValid, c.Subject.CommonName)
		require.NotZero(t, c.KeyUsage&x509.KeyUsageCertSign)
		require.Equal(t, []string{"PT"}, c.Subject.Country)
		require.NotContains(t, strings.ToLower(c.Subject.String()), "test")
		require.Contains(t, c.Subject.CommonName, "Chave Móvel Digital")
	}
	require.True(t, env.Revocation)
	for _, o := range env.Origins {
		require.True(t, strings.HasPrefix(o, "https://") && strings.HasSuffix(o, "autenticacao.gov.pt"), o)
	}
}

// anchor makes a certificate as PEM.
func anchor(t *testing.T, name string, ca bool) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: ca, BasicConstraintsValid: true,
		NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}

// TestAnAuthorityIsAddedWithoutARelease goes through what may lie in the folder of further anchors.
func TestAnAuthorityIsAddedWithoutARelease(t *testing.T) {
	good := anchor(t, "EC de Chave Móvel Digital 00006", true)
	for _, c := range []struct {
		name, file string
		data       []byte
		more       int
		says       string
	}{
		{"one more", "production/6.pem", good, 1, ""},
		{"two in a file", "production/6.pem", append(good, anchor(t, "Another", true)...), 2, ""},
		{"text beside it, as openssl writes it", "production/6.pem", append([]byte("Subject: somebody\n"), good...), 1, ""},
		{"another environment's", "preprod/6.pem", good, 0, ""},
		{"not PEM by its name", "production/6.crt", good, 0, ""},
		{"a person's certificate", "production/me.pem", anchor(t, "MARIA", false), 0, "is not an authority"},
		{"for trying only", "production/test.pem", anchor(t, "(TESTE) Sandbox", true), 0, "for trying only"},
		{"empty", "production/6.pem", nil, 0, "no certificate"},
		{"damaged", "production/6.pem", []byte(strings.Replace(string(good), "MII", "AAA", 1)), 0, "6.pem"},
		{"a folder", "production/6.pem/x", nil, 0, "isn't a file"},
		{"endless", "production/6.pem", append(good, make([]byte, maxPEM)...), 0, "over"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, c.file)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, c.data, 0o600))
			env, err := Select(&config.Config{Trust: dir}, Production)
			if c.says != "" {
				require.Equal(t, problem.ConfigInvalid, problem.Of(err))
				require.ErrorContains(t, err, c.says)
				return
			}
			require.NoError(t, err)
			require.Len(t, env.Trust(), 5+c.more)
			fresh, _ := Builtin(Production)
			require.Len(t, fresh.Trust(), 5, "one configuration's anchors don't stay for the next")
		})
	}
	env, err := Select(&config.Config{Trust: filepath.Join(t.TempDir(), "none")}, Production)
	require.NoError(t, err)
	require.Len(t, env.Trust(), 5)
}

// TestWhereRevocationIsAsked: in production and in a person's own environment, unless it's turned off; the nearer setting
// counts more.
func TestWhereRevocationIsAsked(t *testing.T) {
	for _, c := range []struct {
		env, own, all string
		want          bool
	}{
		{Production, "", "", true},
		{Production, "", "off", false},
		{Preprod, "", "", false},
		{Preprod, "", "on", true},
		{"mine", "", "", true},
		{"mine", "off", "", false},
		{"mine", "", "off", false},
		{"mine", "on", "off", true},
		{"mine", "off", "on", false},
	} {
		cfg := &config.Config{Revocation: c.all, Environments: map[string]config.Environment{
			"mine": {Intro: "https://example.org/", Revocation: c.own},
		}}
		env, err := Select(cfg, c.env)
		require.NoError(t, err)
		require.Equal(t, c.want, env.Revocation, "%+v", c)
	}
	require.False(t, ForSandbox("", nil, nil).Revocation)
}

// TestWhereTheTabMayGo is DESIGN.md 8: https, or http on this computer.
func TestWhereTheTabMayGo(t *testing.T) {
	for address, fine := range map[string]bool{
		"https://example.org/x": true, "http://127.0.0.1:80/": true, "http://[::1]:80/": true, "http://a.localhost/": true,
		"http://example.org/": false, "http://localhost.example.org/": false, "http://127.0.0.1.example.org/": false, "http://127.1/": false,
		"ftp://localhost/": false, "javascript:alert(1)": false, "https://": false, "https://a:b@example.org/": false, "https:example.org": false,
	} {
		env, err := Select(&config.Config{Environments: map[string]config.Environment{"mine": {Intro: address}}}, "mine")
		require.Equal(t, fine, err == nil, address)
		if fine {
			require.Equal(t, []string{OriginOf(address)}, env.Origins)
			require.True(t, env.Custom)
		}
	}
	_, err := Select(&config.Config{Environments: map[string]config.Environment{"production": {Intro: "https://example.org/"}}}, Production)
	require.Equal(t, problem.ConfigInvalid, problem.Of(err))
}
