// Package signer is what the sandbox signs with: a test CA whose keys are made at
// first use and whose names all say (TESTE), and an append-only writer whose output
// is shaped like that of the real service (facts/pdf.md 4.2).
//
// Nothing that it signs has legal value anywhere. Keys are RSA of 2048 bits: enough
// for tests, and made in a fraction of a second.
package signer

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"
)

const (
	keyBits     = 2048
	maxCitizens = 1000 // kept in memory
	maxName     = 200  // bytes of a citizen's name
)

// The validity is wide so that tests may set their clock as they like.
var (
	notBefore = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)
	leafAfter = time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Authority is the sandbox's test CA: a root and the CA that issues certificates to
// citizens. It is safe for concurrent use.
type Authority struct {
	dir     string
	root    *pair
	issuing *pair

	mu       sync.Mutex
	citizens map[string]*citizen
}

type citizen struct {
	once sync.Once
	id   *Identity
	err  error
}

// pair is a certificate with its key.
type pair struct {
	cert *x509.Certificate
	key  *rsa.PrivateKey
}

// Open opens the test CA that is kept in dir and makes it if it isn't there. Two
// processes that start at once get the same one. With an empty dir the keys live in
// memory only.
func Open(dir string) (*Authority, error) {
	a := &Authority{dir: dir, citizens: map[string]*citizen{}}
	pairs, err := keep(dir, "authority.pem", 2, makeAuthority)
	if err != nil {
		return nil, fmt.Errorf("opening the test CA: %w", err)
	}
	a.root, a.issuing = pairs[0], pairs[1]
	if a.issuing.cert.CheckSignatureFrom(a.root.cert) != nil || !strings.Contains(a.root.cert.Subject.CommonName, "(TESTE)") {
		return nil, fmt.Errorf("opening the test CA: %s is not one; remove it and a new one is made", a.dir)
	}
	return a, nil
}

// Root is the trust anchor of the sandbox.
func (a *Authority) Root() *x509.Certificate { return a.root.cert }

// RootPEM is the trust anchor as PEM.
func (a *Authority) RootPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.cert.Raw})
}

// Citizen gives the identity of a test citizen and makes it at first use.
func (a *Authority) Citizen(name string) (*Identity, error) {
	if name == "" || len(name) > maxName {
		return nil, errors.New("a test citizen needs a name of reasonable length")
	}
	a.mu.Lock()
	c := a.citizens[name]
	if c == nil {
		if len(a.citizens) >= maxCitizens {
			a.mu.Unlock()
			return nil, errors.New("too many test citizens")
		}
		c = &citizen{}
		a.citizens[name] = c
	}
	a.mu.Unlock()
	c.once.Do(func() { c.id, c.err = a.makeCitizen(name) })
	return c.id, c.err
}

func (a *Authority) makeCitizen(name string) (*Identity, error) {
	sum := sha256.Sum256([]byte(name))
	pairs, err := keep(a.dir, "citizen-"+hex.EncodeToString(sum[:8])+".pem", 1, func() ([]*pair, error) {
		key, err := rsa.GenerateKey(rand.Reader, keyBits)
		if err != nil {
			return nil, err
		}
		return a.issueCitizen(name, key)
	})
	if err != nil {
		return nil, fmt.Errorf("making the test citizen: %w", err)
	}
	p := pairs[0]
	if p.cert.CheckSignatureFrom(a.issuing.cert) != nil || p.cert.Subject.CommonName != name {
		return nil, fmt.Errorf("making the test citizen: its file in %s belongs to another test CA; remove it", a.dir)
	}
	return &Identity{name: name, own: p, chain: []*x509.Certificate{p.cert, a.issuing.cert, a.root.cert}}, nil
}

func makeAuthority() ([]*pair, error) {
	var keys [2]*rsa.PrivateKey
	var errs [2]error
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() { keys[i], errs[i] = rsa.GenerateKey(rand.Reader, keyBits) })
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	ca := &x509.Certificate{
		Subject: pkix.Name{
			Country: []string{"PT"}, Organization: []string{"(TESTE) Sandbox sem valor legal"},
			OrganizationalUnit: []string{"(TESTE) ECEstado"}, CommonName: "(TESTE) Cartão de Cidadão 000",
		},
		NotBefore: notBefore, NotAfter: notAfter, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	root, err := issue(ca, keys[0], nil)
	if err != nil {
		return nil, err
	}
	ca.Subject.OrganizationalUnit = []string{"(TESTE) subECEstado"}
	ca.Subject.CommonName = "(TESTE) EC de Chave Móvel Digital de Assinatura Digital Qualificada do Cartão de Cidadão 00000"
	ca.MaxPathLen, ca.MaxPathLenZero = 0, true
	issuing, err := issue(ca, keys[1], root)
	return []*pair{root, issuing}, err
}

func (a *Authority) issueCitizen(name string, key *rsa.PrivateKey) ([]*pair, error) {
	names := strings.Fields(name)
	subject := pkix.Name{
		Country: []string{"PT"}, Organization: []string{"(TESTE) Cartão de Cidadão"},
		OrganizationalUnit: []string{"(TESTE) Cidadão Português", "(TESTE) Assinatura Qualificada do Cidadão"},
		CommonName:         name, SerialNumber: "BI000000000",
	}
	if len(names) > 1 {
		subject.ExtraNames = []pkix.AttributeTypeAndValue{
			{Type: []int{2, 5, 4, 4}, Value: names[len(names)-1]},
			{Type: []int{2, 5, 4, 42}, Value: strings.Join(names[:len(names)-1], " ")},
		}
	}
	leaf, err := issue(&x509.Certificate{
		Subject: subject, NotBefore: notBefore, NotAfter: leafAfter, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageContentCommitment,
	}, key, a.issuing)
	return []*pair{leaf}, err
}

// issue makes a certificate for a key, signed by the issuer or, without one, by
// itself.
func issue(template *x509.Certificate, key *rsa.PrivateKey, issuer *pair) (*pair, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	t := *template
	t.SerialNumber = serial
	t.SignatureAlgorithm = x509.SHA256WithRSA
	by, byKey := &t, key
	if issuer != nil {
		by, byKey = issuer.cert, issuer.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, &t, by, key.Public(), byKey)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(raw)
	return &pair{cert, key}, err
}

// encode writes certificates with their keys as PEM.
func encode(pairs []*pair) ([]byte, error) {
	var b bytes.Buffer
	for _, p := range pairs {
		key, err := x509.MarshalPKCS8PrivateKey(p.key)
		if err != nil {
			return nil, err
		}
		if err := pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: p.cert.Raw}); err != nil {
			return nil, err
		}
		if err := pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: key}); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func decode(data []byte, want int) ([]*pair, error) {
	damaged := errors.New("the file is damaged; remove it and a new one is made")
	var pairs []*pair
	for range want {
		cert, rest := pem.Decode(data)
		if cert == nil {
			return nil, damaged
		}
		key, rest := pem.Decode(rest)
		if key == nil {
			return nil, damaged
		}
		data = rest
		c, err := x509.ParseCertificate(cert.Bytes)
		if err != nil {
			return nil, damaged
		}
		k, err := x509.ParsePKCS8PrivateKey(key.Bytes)
		if err != nil {
			return nil, damaged
		}
		r, ok := k.(*rsa.PrivateKey)
		if !ok || !r.PublicKey.Equal(c.PublicKey) {
			return nil, damaged
		}
		pairs = append(pairs, &pair{c, r})
	}
	return pairs, nil
}
