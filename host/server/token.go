package server

import (
	"crypto"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

const (
	maxToken   = 16 << 10 // bytes
	maxKeyFile = 256 << 10
	// minSecret is what RFC 7518 3.2 asks of an HS256 secret, in bytes: a shorter one can be guessed from one token.
	minSecret = 32
	// leeway is how far clocks may be apart.
	leeway = 10 * time.Second
)

// claims are what a token says. Those of our own narrow what it's good for; each that isn't there narrows nothing.
type claims struct {
	jwt.RegisteredClaims
	Files       []string // under the root, or s3://BUCKET/KEY; one that ends in a slash is a folder with all that's in it
	Environment string   // the server's own
	Signatures  int      // how many it's good for

	narrowed struct{ files, environment, signatures bool }
}

// UnmarshalJSON reads our own claims by their very names, and refuses one that says nothing where a limit should stand: an issuer's null is
// no wish for no limit.
func (c *claims) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &c.RegisteredClaims); err != nil {
		return err
	}
	var there map[string]json.RawMessage
	if err := json.Unmarshal(data, &there); err != nil {
		return err
	}
	for name, into := range map[string]any{"files": &c.Files, "environment": &c.Environment, "signatures": &c.Signatures} {
		raw, ok := there[name]
		if !ok {
			continue
		}
		if string(raw) == "null" {
			return fmt.Errorf("the claim %s is null", name)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return err
		}
	}
	_, c.narrowed.files = there["files"]
	_, c.narrowed.environment = there["environment"]
	if _, c.narrowed.signatures = there["signatures"]; c.narrowed.signatures && c.Signatures < 1 {
		return errors.New("the claim signatures is under 1")
	}
	return nil
}

// passID names a token: the same for all forms in which its signature can be written.
type passID [sha256.Size]byte

// pass is a token that holds.
type pass struct {
	claims
	id      passID
	expires time.Time
}

// allows says whether the token is good for the document of that name under the root, or for that object of a bucket. None of the one is
// ever of the other: no name under the root has two slashes in a row.
func (p *pass) allows(name string) bool {
	if !p.narrowed.files {
		return true
	}
	for _, allowed := range p.Files {
		allowed = strings.TrimPrefix(allowed, "/")
		if name == allowed || strings.HasSuffix(allowed, "/") && strings.HasPrefix(name, allowed) {
			return true
		}
	}
	return false
}

// keyring is what tokens are checked with.
type keyring struct {
	parser      *jwt.Parser
	secret      []byte
	public      []publicKey
	environment string
}

func readKeys(cfg config.Tokens, environment string) (*keyring, error) {
	k := &keyring{environment: environment}
	var methods []string
	if cfg.Secret != "" {
		data, err := readKeyFile(cfg.Secret)
		if err != nil {
			return nil, err
		}
		if k.secret = []byte(strings.TrimRight(string(data), "\r\n")); len(k.secret) < minSecret {
			return nil, fmt.Errorf("%s has fewer than %d bytes", cfg.Secret, minSecret)
		}
		if strings.Contains(string(k.secret), "-----BEGIN ") {
			// A public key isn't a secret: whoever has it could make tokens.
			return nil, fmt.Errorf("%s is a PEM file, not a secret", cfg.Secret)
		}
		methods = append(methods, jwt.SigningMethodHS256.Alg())
	}
	if cfg.JWKS != "" {
		data, err := readKeyFile(cfg.JWKS)
		if err != nil {
			return nil, err
		}
		if k.public, err = parseJWKS(data); err != nil {
			return nil, fmt.Errorf("%s: %w", cfg.JWKS, err)
		}
		methods = append(methods, jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg())
	}
	k.parser = jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithAudience(cfg.Audience), jwt.WithExpirationRequired(), jwt.WithLeeway(leeway))
	return k, nil
}

func readKeyFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(data) > maxKeyFile {
		err = fmt.Errorf("%s is over %d bytes", path, maxKeyFile)
	}
	return data, err
}

// check gives what a token is good for. Errors: TOKEN_REFUSED, TOKEN_EXPIRED, TOKEN_LIMIT.
func (k *keyring) check(token string) (*pass, error) {
	if len(token) > maxToken {
		return nil, problem.New(problem.TokenRefused, "too long")
	}
	p := &pass{}
	parsed, err := k.parser.ParseWithClaims(token, &p.claims, k.keysFor)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, problem.New(problem.TokenExpired, "")
	case err != nil:
		return nil, problem.New(problem.TokenRefused, why(err))
	case parsed.Header["crit"] != nil:
		// RFC 7515 4.1.11: what must be understood and isn't.
		return nil, problem.New(problem.TokenRefused, "a critical header")
	case p.narrowed.environment && p.Environment != k.environment:
		return nil, problem.New(problem.TokenLimit, "another environment")
	}
	p.id = sha256.Sum256([]byte(token[:strings.LastIndexByte(token, '.')]))
	p.expires = p.ExpiresAt.Add(leeway)
	return p, nil
}

// why says what is wrong with a token in words of ours: the library's could quote it.
func why(err error) string {
	for _, known := range []error{
		jwt.ErrTokenMalformed, jwt.ErrTokenSignatureInvalid, jwt.ErrTokenUnverifiable, jwt.ErrTokenInvalidAudience, jwt.ErrTokenRequiredClaimMissing,
		jwt.ErrTokenNotValidYet,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "it doesn't hold"
}

// keysFor gives the keys of the very kind that the token's algorithm is for: a public key must never serve as an HS256 secret.
func (k *keyring) keysFor(token *jwt.Token) (any, error) {
	if token.Method == jwt.SigningMethodHS256 && k.secret != nil {
		return k.secret, nil
	}
	kid, named := token.Header["kid"]
	var fit []jwt.VerificationKey
	for _, key := range k.public {
		if key.alg == token.Method.Alg() && (!named || kid == key.kid) {
			fit = append(fit, key.key)
		}
	}
	if len(fit) == 0 {
		return nil, errors.New("no key fits")
	}
	return jwt.VerificationKeySet{Keys: fit}, nil
}

// publicKey is a key of a JWKS file.
type publicKey struct {
	kid, alg string
	key      crypto.PublicKey // *rsa.PublicKey for RS256, *ecdsa.PublicKey for ES256
}

// ledger counts the signatures of each token that says how many it's good for, until it expires. It's in memory: a server that is
// started again begins anew.
type ledger struct {
	mu   sync.Mutex
	used map[passID]entry
}

type entry struct {
	signatures int
	expires    time.Time
}

func (l *ledger) take(p *pass, now time.Time) error {
	if now.After(p.expires) {
		return problem.New(problem.TokenExpired, "since it was brought")
	}
	if !p.narrowed.signatures {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, e := range l.used {
		if now.After(e.expires) {
			delete(l.used, id)
		}
	}
	e := l.used[p.id]
	if e.signatures >= p.Signatures {
		return problem.Newf(problem.TokenLimit, "%d signatures were made or are under way", e.signatures)
	}
	l.used[p.id] = entry{e.signatures + 1, p.expires}
	return nil
}

func (l *ledger) giveBack(p *pass) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.used[p.id]; ok {
		e.signatures--
		l.used[p.id] = e
	}
}
