package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

const (
	maxKeys   = 50
	minRSA    = 2048 // bits (RFC 7518 3.3)
	maxRSA    = 8192
	pointSize = 32 // bytes of a coordinate on P-256
)

// parseJWKS reads the public keys of a JSON Web Key Set (RFC 7517) that are for signatures by RS256 or ES256. Others of its public keys are
// left aside; a key that is private or secret is an error, for it has no place on a server that only checks.
func parseJWKS(data []byte) ([]publicKey, error) {
	var set struct {
		Keys []struct {
			Kty, Kid, Use, Alg, Crv string
			N, E, X, Y              string
			D, K                    json.RawMessage
		} `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, errors.New("not a JSON Web Key Set")
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("over %d keys", maxKeys)
	}
	var keys []publicKey
	for i, k := range set.Keys {
		if len(k.D) > 0 || len(k.K) > 0 {
			return nil, fmt.Errorf("key %d is private", i+1)
		}
		key := publicKey{kid: k.Kid}
		var err error
		switch {
		case k.Use != "" && k.Use != "sig":
			continue
		case k.Kty == "RSA" && (k.Alg == "" || k.Alg == "RS256"):
			key.alg = "RS256"
			key.key, err = rsaKey(k.N, k.E)
		case k.Kty == "EC" && k.Crv == "P-256" && (k.Alg == "" || k.Alg == "ES256"):
			key.alg = "ES256"
			key.key, err = ecKey(k.X, k.Y)
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("no key for RS256 or ES256")
	}
	return keys, nil
}

func rsaKey(n, e string) (*rsa.PublicKey, error) {
	modulus, err := base64.RawURLEncoding.DecodeString(n)
	if err != nil {
		return nil, errors.New("n isn't base64url")
	}
	exponent, err := base64.RawURLEncoding.DecodeString(e)
	if err != nil || len(exponent) == 0 || len(exponent) > 4 {
		return nil, errors.New("e isn't an exponent")
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(new(big.Int).SetBytes(exponent).Int64())}
	if bits := key.N.BitLen(); bits < minRSA || bits > maxRSA {
		return nil, fmt.Errorf("%d bits aren't between %d and %d", bits, minRSA, maxRSA)
	}
	if key.E < 3 || key.E%2 == 0 || key.N.Bit(0) == 0 {
		return nil, errors.New("not a key for signatures")
	}
	return key, nil
}

func ecKey(x, y string) (*ecdsa.PublicKey, error) {
	point := []byte{4} // uncompressed (SEC 1, 2.3.3)
	for _, coordinate := range []string{x, y} {
		c, err := base64.RawURLEncoding.DecodeString(coordinate)
		if err != nil || len(c) != pointSize {
			return nil, errors.New("a coordinate isn't 32 bytes in base64url")
		}
		point = append(point, c...)
	}
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
}
