package server

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

const (
	// sealSuite are the numbers of RFC 9180 7 for DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM: what browsers of these years and
	// Node 20 can do by WebCrypto alone.
	sealSuite = "0010-0001-0002"
	// sealPadded is what a secret is filled up to with zeros, in bytes: its length would tell how long the PIN is.
	sealPadded = 64
	// sealedLength is the encapsulated key, what was filled up, and its tag, in bytes.
	sealedLength = 65 + sealPadded + 16
	// keyPath is where the key is published besides the first message of each conversation.
	keyPath = "/.well-known/cmdsign-keys.json"
)

// sealKey is what secrets are sealed to.
type sealKey struct {
	private hpke.PrivateKey
	id      string // the RFC 7638 thumbprint of the public key
	public  json.RawMessage
}

// readSealKey reads the key of a PEM file (PKCS #8 or SEC 1); without a path it makes one.
func readSealKey(path string) (*sealKey, error) {
	if path == "" {
		key, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		return newSealKey(key)
	}
	data, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	defer clear(data)
	key, err := parseSealKey(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return newSealKey(key)
}

// parseSealKey never quotes the file.
func parseSealKey(data []byte) (*ecdh.PrivateKey, error) {
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			return nil, errors.New("no private key in PEM")
		}
		data = rest
		var key any
		var err error
		switch block.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		default: // openssl writes the curve's parameters before the key
			continue
		}
		clear(block.Bytes)
		ec, ok := key.(*ecdsa.PrivateKey)
		if err != nil || !ok || ec.Curve != elliptic.P256() {
			return nil, errors.New("not a P-256 key")
		}
		return ec.ECDH()
	}
}

func newSealKey(key *ecdh.PrivateKey) (*sealKey, error) {
	private, err := hpke.NewDHKEMPrivateKey(key)
	if err != nil {
		return nil, err
	}
	point := key.PublicKey().Bytes() // 4, x, y
	x, y := base64.RawURLEncoding.EncodeToString(point[1:33]), base64.RawURLEncoding.EncodeToString(point[33:])
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}`, x, y))
	k := &sealKey{private: private, id: base64.RawURLEncoding.EncodeToString(sum[:])}
	k.public, err = json.Marshal(map[string]string{"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "enc", "kid": k.id})
	return k, err
}

// sealing is the key as conversations use it.
func (k *sealKey) sealing(cfg config.Seal) *conversation.Sealing {
	return &conversation.Sealing{Suite: sealSuite, Key: k.public, Required: cfg.Required, Open: k.open}
}

// open gives what was sealed. Whoever sends what doesn't open learns nothing but that.
func (k *sealKey) open(id string, info, sealed []byte) (secret.Secret, error) {
	if id != k.id || len(sealed) != sealedLength {
		return secret.Secret{}, problem.New(problem.SealRefused, "")
	}
	padded, err := hpke.Open(k.private, hpke.HKDFSHA256(), hpke.AES256GCM(), info, sealed)
	if err != nil || len(padded) != sealPadded {
		return secret.Secret{}, problem.New(problem.SealRefused, "")
	}
	return secret.Take(bytes.TrimRight(padded, "\x00")), nil
}

// serveKey tells the key to whoever asks, without a conversation: to note it beforehand, by another way than the one that is used later.
func (s *Server) serveKey(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin) // receive let it in
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": []json.RawMessage{s.seal.public}})
}
