// Package environment says where the CMD pages are and whom to trust there: production, preprod, the sandbox, and the
// user's own, each with its first page, origins, trust anchors and page file. To the anchors that are built in come those
// of a folder, so that a new authority of the State's needs no new release (docs/TRUST.md).
package environment

import (
	"crypto/x509"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// The names of the built-in environments; none can be defined anew.
const (
	Production = "production"
	Preprod    = "preprod"
	Sandbox    = "sandbox"
)

// Environment is one place to sign at.
type Environment struct {
	Name       string
	Intro      string                     // URL of the first page
	Origins    []string                   // scheme://host[:port] that the tab may show, and that file and secrets may go to
	Trust      func() []*x509.Certificate // the anchors; never nil
	Pages      string                     // page file over the built-in one; empty: none
	Revocation bool                       // the authorities are asked whether a certificate was revoked
	Custom     bool                       // the user's own: named in a warning before the PIN
	Marker     string                     // what the signed file's name ends in, before .pdf
}

// Limits of what a definition may hold.
const (
	maxOrigins = 20
	maxTrust   = 100     // files
	maxPEM     = 1 << 20 // bytes of one
)

// SandboxMarker ends the name of everything that the sandbox signs (DESIGN.md 9).
const SandboxMarker = "-TESTE-sem-valor-legal"

// SignedMarker ends the name of a signed file.
const SignedMarker = "-signed"

//go:embed trust/production.pem
var productionPEM []byte

// production isn't parsed before a file is checked: a host says hello without it.
var production = sync.OnceValue(func() []*x509.Certificate { return mustParse(productionPEM) })

// Anchors are those that are given, in the form of Environment.Trust.
func Anchors(certs ...*x509.Certificate) func() []*x509.Certificate {
	return func() []*x509.Certificate { return certs }
}

// Builtin gives a built-in environment by name; the sandbox has no address until one runs (see ForSandbox).
func Builtin(name string) (Environment, bool) {
	switch name {
	case Production:
		return Environment{
			Name:  Production,
			Intro: "https://cmd.autenticacao.gov.pt/Ama.Authentication.Frontend/Processes/DigitalSignature/DigitalSignatureIntro.aspx",
			Origins: []string{
				"https://cmd.autenticacao.gov.pt", "https://frtend.reg.cmd.autenticacao.gov.pt",
				"https://www.autenticacao.gov.pt", "https://autenticacao.gov.pt",
			},
			Trust: production, Revocation: true, Marker: SignedMarker,
		}, true
	case Preprod:
		// Only the first host is known (facts/cmd.md 1.1). Where the registry's pages are elsewhere, ORIGIN_REFUSED names the host,
		// and an environment of one's own can allow it.
		return Environment{
			Name:    Preprod,
			Intro:   "https://preprod.cmd.autenticacao.gov.pt/Ama.Authentication.Frontend/Processes/DigitalSignature/DigitalSignatureIntro.aspx",
			Origins: []string{"https://preprod.cmd.autenticacao.gov.pt"},
			Trust:   Anchors(),
			Marker:  SandboxMarker,
		}, true
	}
	return Environment{}, false
}

// ForSandbox is the environment of a sandbox that runs: its first page, origins and root.
func ForSandbox(intro string, origins []string, root *x509.Certificate) Environment {
	return Environment{Name: Sandbox, Intro: intro, Origins: origins, Trust: Anchors(root), Marker: SandboxMarker}
}

// Select gives the environment of a name: a built-in one, or the configuration's own, with what the configuration says of
// its trust anchors and of revocation. Errors: ENVIRONMENT_UNKNOWN, CONFIG_INVALID with the line.
func Select(cfg *config.Config, name string) (Environment, error) {
	for own := range cfg.Environments {
		if slices.Contains([]string{Production, Preprod, Sandbox}, own) {
			return Environment{}, cfg.Mistake(errors.New("a built-in environment can't be defined anew"), "environments", own)
		}
	}
	env, ok := Builtin(name)
	if !ok {
		d, ok := cfg.Environments[name]
		if !ok {
			return Environment{}, problem.Newf(problem.EnvironmentUnknown, "%q", name)
		}
		var err error
		if env, err = define(cfg, name, d); err != nil {
			return Environment{}, err
		}
	}
	if own := cfg.Environments[name].Revocation; cfg.Revocation != "" && own == "" {
		env.Revocation = cfg.Revocation == "on"
	}
	if cfg.Trust != "" {
		more, err := folder(filepath.Join(cfg.Trust, name), name)
		if err != nil {
			return Environment{}, cfg.Mistake(err, "trust")
		}
		if len(more) > 0 {
			own := env.Trust
			env.Trust = func() []*x509.Certificate { return slices.Concat(own(), more) }
		}
	}
	return env, nil
}

func define(cfg *config.Config, name string, d config.Environment) (Environment, error) {
	fail := func(key string, err error) (Environment, error) {
		return Environment{}, cfg.Mistake(err, "environments", name, key)
	}
	if err := checkURL(d.Intro); err != nil {
		return fail("intro", err)
	}
	if len(d.Origins) > maxOrigins {
		return fail("origins", fmt.Errorf("at most %d", maxOrigins))
	}
	if len(d.Trust) > maxTrust {
		return fail("trust", fmt.Errorf("at most %d files", maxTrust))
	}
	env := Environment{Name: name, Intro: d.Intro, Pages: d.Pages, Custom: true, Marker: SignedMarker}
	for _, raw := range append([]string{OriginOf(d.Intro)}, d.Origins...) {
		if err := checkURL(raw); err != nil {
			return fail("origins", err)
		}
		if o := OriginOf(raw); !slices.Contains(env.Origins, o) {
			env.Origins = append(env.Origins, o)
		}
	}
	switch d.Revocation {
	case "", "on":
		env.Revocation = true
	case "off":
	default:
		return fail("revocation", fmt.Errorf("%q is neither on nor off", d.Revocation))
	}
	var anchors []*x509.Certificate
	for _, path := range d.Trust {
		certs, err := ReadTrust(path)
		if err != nil {
			return fail("trust", err)
		}
		anchors = append(anchors, certs...)
	}
	env.Trust = Anchors(anchors...)
	return env, nil
}

// OriginOf gives scheme://host[:port] of a URL.
func OriginOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// checkURL lets https through, and http on loopback only (DESIGN.md 8).
func checkURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return err
	}
	switch {
	case u.Host == "" || u.User != nil:
		return fmt.Errorf("%q is not an address", raw)
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%q is neither https nor http on this computer", raw)
}

func loopback(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "127.0.0.1" || host == "::1"
}
