package command

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/sigtest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

// put writes a file below the machine's folder and gives its path.
func (m *machine) put(data []byte, parts ...string) string {
	m.t.Helper()
	path := m.at(parts...)
	require.NoError(m.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(m.t, os.WriteFile(path, data, 0o600))
	return path
}

// verify runs "cmdsign verify" and gives its exit code and what it wrote.
func (m *machine) verify(args ...string) (int, string) {
	m.t.Helper()
	var out bytes.Buffer
	cmd := m.command(append([]string{"verify"}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if _, ok := err.(*exec.ExitError); !ok {
		require.NoError(m.t, err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

func certificatePEM(raw []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}

// TestVerifyAsksWhereItMay trusts an authority by a file in the configuration's folder, as a new one of the State's is
// trusted without a release, and counts the requests that its responder gets.
func TestVerifyAsksWhereItMay(t *testing.T) {
	t.Parallel()
	m := bareMachine(t)
	var asked atomic.Int32
	var answer atomic.Pointer[[]byte]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write(*answer.Load())
	}))
	t.Cleanup(server.Close)
	authority, err := sigtest.NewAuthority(server.URL)
	require.NoError(t, err)
	document := pdftest.New(pdftest.Options{})
	file, err := authority.Sign(document)
	require.NoError(t, err)
	original, signed := m.put(document, "a.pdf"), m.put(file, "a-signed.pdf")
	root := certificatePEM(authority.Root.Raw)
	says := func(status int) {
		b, err := authority.OCSP(status)
		require.NoError(t, err)
		answer.Store(&b)
	}
	says(ocsp.Good)

	code, out := m.verify("--original", original, signed)
	require.Equal(t, exitLook, code, "not trusted yet: %s", out)
	require.Contains(t, out, "O emissor do certificado não é conhecido.")
	require.Zero(t, asked.Load(), "nobody asks for an unknown issuer")

	anchor := m.put(root, "config", "cmdsign", "trust", "production", "new.pem")
	for _, c := range []struct {
		name   string
		status int
		env    string
		args   []string
		code   int
		asked  int32
		says   string
	}{
		{"good", ocsp.Good, "", nil, exitOK, 1, "É o documento enviado, mais uma assinatura de MARIA DOS TESTES."},
		{"revoked", ocsp.Revoked, "", nil, exitFailed, 1, "O certificado foi revogado."},
		{"not known", ocsp.Unknown, "", nil, exitLook, 1, "Não se sabe se o certificado foi revogado."},
		{"offline", ocsp.Revoked, "", []string{"--offline"}, exitOK, 0, "? Não se sabe se o certificado foi revogado."},
		{"turned off", ocsp.Revoked, "CMDSIGN_REVOCATION=off", nil, exitOK, 0, "? Não se sabe se o certificado foi revogado."},
		{"in another environment, with its own anchor", ocsp.Revoked, "", []string{"--env", "preprod", "--trust", anchor}, exitOK, 0, "?"},
		{"there too, where it is turned on", ocsp.Revoked, "CMDSIGN_REVOCATION=on", []string{"--env", "preprod", "--trust", anchor}, exitFailed, 1, "✗"},
		{"an anchor counts in its own environment only", ocsp.Good, "", []string{"--env", "preprod"}, exitLook, 0, "?"},
		{"in English", ocsp.Good, "", []string{"--lang", "en"}, exitOK, 1, "It's the document that was sent, plus one signature of MARIA DOS TESTES."},
	} {
		t.Run(c.name, func(t *testing.T) {
			says(c.status)
			asked.Store(0)
			if c.env != "" {
				m.env = append(m.env, c.env)
				defer func() { m.env = m.env[:len(m.env)-1] }()
			}
			code, out := m.verify(append(c.args, "--original", original, signed)...)
			require.Equal(t, c.code, code, "%s", out)
			require.Contains(t, out, c.says)
			require.Equal(t, c.asked, asked.Load())
			require.NotContains(t, strings.ToLower(out), "qualificada válida")
		})
	}
	m.put([]byte("no certificate"), "config", "cmdsign", "trust", "production", "other.pem")
	code, out = m.verify(signed)
	require.Equal(t, exitUsage, code, "%s", out)
	require.Contains(t, out, "other.pem")
}

// TestTheSandboxCountsInTheSandboxOnly is DESIGN.md 9: even somebody who puts its root among the production anchors gets no
// further.
func TestTheSandboxCountsInTheSandboxOnly(t *testing.T) {
	t.Parallel()
	m := bareMachine(t)
	m.env = append(m.env, "CMDSIGN_SANDBOX_DIR="+m.at("sandbox"))
	a, err := signer.Open(m.at("sandbox"))
	require.NoError(t, err)
	id, err := a.Citizen("MARIA TESTE")
	require.NoError(t, err)
	document := pdftest.New(pdftest.Options{Form: "indirect"})
	file, err := id.Sign(document, time.Now())
	require.NoError(t, err)
	original, signed := m.put(document, "a.pdf"), m.put(file, "a-signed.pdf")

	code, out := m.verify("--env", "sandbox", "--original", original, signed)
	require.Equal(t, exitOK, code, "%s", out)
	code, out = m.verify("--env", "production", "--original", original, signed)
	require.Equal(t, exitFailed, code, "%s", out)
	require.Contains(t, out, "não tem valor legal aqui")
	code, out = m.verify("--env", "production", signed)
	require.Equal(t, exitFailed, code, "%s", out)

	m.put(certificatePEM(a.Root().Raw), "config", "cmdsign", "trust", "production", "sandbox.pem")
	code, out = m.verify("--original", original, signed)
	require.Equal(t, exitUsage, code, "%s", out)
	require.Contains(t, out, "sandbox.pem")
}

func TestVerifySaysWhatItFound(t *testing.T) {
	t.Parallel()
	m := bareMachine(t)
	authority, err := sigtest.NewAuthority("")
	require.NoError(t, err)
	document := pdftest.New(pdftest.Options{})
	file, err := authority.Sign(document)
	require.NoError(t, err)
	altered := bytes.Replace(file, []byte("pay 100"), []byte("pay 900"), 1)
	original, signed := m.put(document, "a.pdf"), m.put(file, "a-signed.pdf")
	root := m.put(certificatePEM(authority.Root.Raw), "root.pem")
	cipher := m.at("cipher.pdf")
	out, err := exec.Command("qpdf", "--encrypt", "", "owner", "256", "--", original, cipher).CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, c := range []struct {
		name    string
		args    []string
		code    int
		verdict pdfsig.Verdict
		says    string
	}{
		{"verified", []string{"--original", original, signed}, exitOK, pdfsig.Verified, "Verificado. É o documento enviado, mais uma assinatura"},
		{"no original", []string{signed}, exitLook, pdfsig.Look, "Assinado, mas há algo que tem de ver."},
		{"altered", []string{"--original", original, m.put(altered, "b.pdf")}, exitFailed, pdfsig.Failed, "Diz ser de: MARIA DOS TESTES"},
		{"no signature", []string{original}, exitFailed, pdfsig.Failed, "O ficheiro não tem assinatura."},
		{"encrypted", []string{cipher}, exitLook, pdfsig.Look, "O ficheiro está protegido por cifra"},
		{"not a PDF", []string{m.put([]byte("<html>"), "c.pdf")}, exitFailed, pdfsig.Failed, "Pode ter sido feita uma assinatura, mas não a conseguimos confirmar."},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"--trust", root, "--offline"}, c.args...)
			code, out := m.verify(args...)
			require.Equal(t, c.code, code, "%s", out)
			require.Contains(t, out, c.says)
			require.Contains(t, out, "https://validador.autenticacao.gov.pt/")
			code, out = m.verify(append(args, "--json")...)
			require.Equal(t, c.code, code)
			var report struct {
				Verdict  pdfsig.Verdict
				Findings []struct {
					Check  string
					Result pdfsig.Result
				}
				Signatures []struct{ Signer, Issuer, Time string }
			}
			d := json.NewDecoder(strings.NewReader(out))
			require.NoError(t, d.Decode(&report))
			require.Equal(t, c.verdict, report.Verdict)
			require.NotEmpty(t, report.Findings)
			if c.verdict == pdfsig.Verified {
				require.Equal(t, "MARIA DOS TESTES", report.Signatures[0].Signer)
				require.NotEmpty(t, report.Signatures[0].Time)
			}
		})
	}
	for _, args := range [][]string{{}, {signed, signed}, {"--nonsense", signed}, {"--trust", m.at("none.pem"), signed}, {"--env", "nowhere", signed}} {
		code, out := m.verify(args...)
		require.Equal(t, exitUsage, code, "%v: %s", args, out)
	}
	code, said := m.verify(m.at("none.pdf"))
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "PDF_NOT_FOUND")
}
