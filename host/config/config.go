// Package config is the program's configuration: one Config struct, filled from a file, CMDSIGN_* environment variables and
// flags, the later over the earlier.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/adrg/xdg"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Config is everything that can be set.
type Config struct {
	Env          string                 `yaml:"env"`
	Lang         string                 `yaml:"lang"` // pt or en; empty: the system's
	Downloads    string                 `yaml:"downloads"`
	State        string                 `yaml:"state"`      // folder of journal and copies under way
	Trust        string                 `yaml:"trust"`      // folder of further trust anchors, one folder an environment
	Revocation   string                 `yaml:"revocation"` // on, off; empty: as the environment says
	Trace        string                 `yaml:"trace"`      // off, unknown or always: when a bundle for repair is kept
	Pages        string                 `yaml:"pages"`      // page file over the built-in one, where the environment has none
	Browser      Browser                `yaml:"browser"`
	Limits       Limits                 `yaml:"limits"`
	Sandbox      Sandbox                `yaml:"sandbox"`
	Environments map[string]Environment `yaml:"environments" env:"-"`
	Extensions   []string               `yaml:"extensions" env:"-"` // callers besides the product's own
	Log          Log                    `yaml:"log"`
	Serve        Serve                  `yaml:"serve"`

	path string
	file []byte // to name the line of a mistake
}

// Browser says how the program gets a browser besides the person's own.
type Browser struct {
	Mode     string `yaml:"mode"`     // launch or attach; empty: attach where there's an endpoint
	Endpoint string `yaml:"endpoint"` // DevTools address of a browser that runs already
	Path     string `yaml:"path"`
	Headless string `yaml:"headless"` // auto, on or off
}

// Limits are how long and how much the program puts up with.
type Limits struct {
	Page    time.Duration `yaml:"page"`
	Unknown time.Duration `yaml:"unknown"`
	Result  time.Duration `yaml:"result"`
	Person  time.Duration `yaml:"person"`
	Stale   time.Duration `yaml:"stale"`
	Input   time.Duration `yaml:"input"`
	PDF     int64         `yaml:"pdf"` // bytes
}

// Sandbox is the sandbox that --env sandbox starts inside the program, or, with an address, one that runs already.
type Sandbox struct {
	Address string `yaml:"address"` // host:port on loopback
	Dir     string `yaml:"dir"`     // where its test CA is kept
	Look    string `yaml:"look"`
	Lang    string `yaml:"lang"`
}

// Environment is an environment of the user's own.
type Environment struct {
	Intro      string   `yaml:"intro"`      // URL of the first page
	Origins    []string `yaml:"origins"`    // scheme://host[:port]
	Trust      []string `yaml:"trust"`      // PEM files
	Pages      string   `yaml:"pages"`      // page file over the built-in one
	Revocation string   `yaml:"revocation"` // on, off; empty: on, unless turned off for all
}

// Log says what is logged. There's none but warnings unless it's asked for.
type Log struct {
	Level string `yaml:"level"` // debug, info, warn, error
	File  string `yaml:"file"`  // empty: stderr
}

// Serve is the conversation over WebSocket (docs/SERVE.md).
type Serve struct {
	Address  string            `yaml:"address"`  // host:port
	Cert     string            `yaml:"cert"`     // PEM file of the certificate and its chain
	Key      string            `yaml:"key"`      // PEM file of its key
	Operator Operator          `yaml:"operator"` // needed where others than this computer's own programs connect
	Hosts    []string          `yaml:"hosts"`    // names by which it's asked for, besides the certificate's
	Origins  []string          `yaml:"origins"`  // pages that may connect, scheme://host[:port]
	Root     string            `yaml:"root"`     // folder of the documents that may be named; empty: none
	Tokens   Tokens            `yaml:"tokens"`
	Seal     Seal              `yaml:"seal"`
	Buckets  map[string]Bucket `yaml:"buckets" env:"-"` // by the names that clients use
	Metrics  string            `yaml:"metrics"`         // host:port of health, readiness and metrics; empty: none
	Limits   ServeLimits       `yaml:"limits"`
}

// Operator is who runs a server for others.
type Operator struct {
	Name    string `yaml:"name"`
	Privacy string `yaml:"privacy"` // https URL
}

// Tokens are the JSON Web Tokens that a client must bring.
type Tokens struct {
	Secret   string `yaml:"secret"` // file of the HS256 secret
	JWKS     string `yaml:"jwks"`   // file of the public keys for RS256 and ES256
	Audience string `yaml:"audience"`
}

// Bucket is a place of documents that clients may name: an S3 bucket, or a folder.
type Bucket struct {
	URL    string `yaml:"url"`    // s3://BUCKET with gocloud.dev's parameters, or file:///FOLDER
	Prefix string `yaml:"prefix"` // what every key begins with; empty: any
	Fetch  bool   `yaml:"fetch"`  // documents may be fetched from it
	Write  bool   `yaml:"write"`  // signed files may be written to it
}

// Seal is the key that clients may encrypt phone, PIN and code to.
type Seal struct {
	Key      string `yaml:"key"`      // PEM file of a P-256 private key; empty: one is made at each start
	Required bool   `yaml:"required"` // what comes in the clear is refused
}

// On says whether clients must bring a token.
func (t Tokens) On() bool { return t.Secret != "" || t.JWKS != "" }

// ServeLimits are how many and how long a server puts up with.
type ServeLimits struct {
	Conversations int           `yaml:"conversations"` // at a time
	PerClient     int           `yaml:"per_client"`    // of them from one address
	Idle          time.Duration `yaml:"idle"`          // without a message while one is waited for
	Total         time.Duration `yaml:"total"`         // of a conversation
	Drain         time.Duration `yaml:"drain"`         // for conversations to end by themselves at the stop
	Bucket        time.Duration `yaml:"bucket"`        // to fetch a document from a bucket, or to write one
}

const maxFile = 256 << 10

// DefaultPath is $XDG_CONFIG_HOME/cmdsign/config.yaml, or its like on other systems.
func DefaultPath() string { return filepath.Join(xdg.ConfigHome, "cmdsign", "config.yaml") }

// builtin is the configuration of somebody who has set nothing.
func builtin() Config {
	return Config{
		Env:     "production",
		State:   filepath.Join(xdg.StateHome, "cmdsign"),
		Trust:   filepath.Join(xdg.ConfigHome, "cmdsign", "trust"),
		Trace:   "unknown",
		Browser: Browser{Headless: "auto"},
		Limits: Limits{Page: 60 * time.Second, Unknown: 4 * time.Second, Result: 120 * time.Second, Person: 15 * time.Minute,
			Stale: 5 * time.Minute, Input: 30 * time.Minute, PDF: 64 << 20},
		Sandbox: Sandbox{Dir: filepath.Join(xdg.DataHome, "cmdsign", "sandbox")},
		Log:     Log{Level: "warn"},
		Serve: Serve{Address: "127.0.0.1:8765",
			Limits: ServeLimits{Conversations: 20, PerClient: 4, Idle: 10 * time.Minute, Total: 60 * time.Minute, Drain: 30 * time.Second,
				Bucket: 30 * time.Second}},
	}
}

// Load reads the configuration: the file at path (empty: DefaultPath, if there is one), then the environment, then the flags
// that were set, by the settings' names (limits.page). The error is CONFIG_INVALID and names the line, the variable or the flag.
func Load(path string, flags map[string]*pflag.Flag) (*Config, error) {
	data, name, err := read(path)
	if err != nil {
		return nil, problem.Newf(problem.ConfigInvalid, "%w", err)
	}
	cfg := builtin()
	cfg.path, cfg.file = name, data
	if err := cfg.decode(data); err != nil {
		return nil, problem.Newf(problem.ConfigInvalid, "%s: %w", name, err)
	}
	if err := cfg.override(os.Environ(), flags); err != nil {
		return nil, problem.Newf(problem.ConfigInvalid, "%w", err)
	}
	if cfg.Lang == "" {
		cfg.Lang = SystemLang()
	}
	return &cfg, cfg.check()
}

func read(path string) (data []byte, name string, err error) {
	name = path
	if name == "" {
		name = DefaultPath()
	}
	f, err := os.Open(name)
	if path == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, name, err
	}
	defer f.Close()
	data, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s is over %d bytes", name, maxFile)
	}
	return data, name, err
}

// decode puts a file over what c holds. A field that isn't known, one that's there twice, and a value of the wrong kind are
// errors, of which the yaml library names the line.
func (c *Config) decode(data []byte) error {
	if len(data) == 0 {
		return nil // most people have no file, and the library's pages aren't touched then
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

var environmentName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`) })

func (c *Config) check() error {
	if c.Lang != "pt" && c.Lang != "en" {
		return c.Mistake(fmt.Errorf("%q is neither pt nor en", c.Lang), "lang")
	}
	if !slices.Contains([]string{"", "on", "off"}, c.Revocation) {
		return c.Mistake(fmt.Errorf("%q is neither on nor off", c.Revocation), "revocation")
	}
	if !slices.Contains([]string{"off", "unknown", "always"}, c.Trace) {
		return c.Mistake(fmt.Errorf("%q is none of off, unknown, always", c.Trace), "trace")
	}
	if !slices.Contains([]string{"", "launch", "attach"}, c.Browser.Mode) {
		return c.Mistake(fmt.Errorf("%q isn't a way to hold a browser; launch and attach are", c.Browser.Mode), "browser", "mode")
	}
	if c.Browser.Mode == "attach" && c.Browser.Endpoint == "" {
		return c.Mistake(errors.New("attach needs browser.endpoint"), "browser", "mode")
	}
	if !slices.Contains([]string{"auto", "on", "off"}, c.Browser.Headless) {
		return c.Mistake(fmt.Errorf("%q is none of auto, on, off", c.Browser.Headless), "browser", "headless")
	}
	for name, d := range map[string]time.Duration{
		"page": c.Limits.Page, "unknown": c.Limits.Unknown, "result": c.Limits.Result, "person": c.Limits.Person, "stale": c.Limits.Stale, "input": c.Limits.Input,
	} {
		if d < 100*time.Millisecond || d > 24*time.Hour {
			return c.Mistake(fmt.Errorf("%v isn't between 100ms and 24h", d), "limits", name)
		}
	}
	if c.Limits.PDF < 1<<10 || c.Limits.PDF > 512<<20 {
		return c.Mistake(fmt.Errorf("%d isn't between 1 KiB and 512 MiB", c.Limits.PDF), "limits", "pdf")
	}
	if err := c.checkServe(); err != nil {
		return err
	}
	for name := range c.Environments {
		if !environmentName().MatchString(name) {
			return c.Mistake(fmt.Errorf("%q isn't a name: small letters, digits, - and _", name), "environments", name)
		}
	}
	return nil
}

// Mistake gives an error the line of the file where the setting stands, if it stands there. The error is CONFIG_INVALID.
func (c *Config) Mistake(err error, keys ...string) error {
	setting := strings.Join(keys, ".")
	var tree yaml.Node
	_ = yaml.Unmarshal(c.file, &tree) // decode took it
	if line := lineOf(&tree, keys); line > 0 {
		return problem.Newf(problem.ConfigInvalid, "%s: line %d: %s: %w", c.path, line, setting, err)
	}
	return problem.Newf(problem.ConfigInvalid, "%s: %w", setting, err)
}

// lineOf gives the line of the innermost of the keys that the file has.
func lineOf(node *yaml.Node, keys []string) int {
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		return lineOf(node.Content[0], keys)
	}
	if node.Kind != yaml.MappingNode || len(keys) == 0 {
		return 0
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == keys[0] {
			if inner := lineOf(node.Content[i+1], keys[1:]); inner > 0 {
				return inner
			}
			return node.Content[i].Line
		}
	}
	return 0
}

// SystemLang is the language of the person: English where the system says so, else Portuguese.
func SystemLang() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := os.Getenv(name); value != "" {
			if strings.HasPrefix(strings.ToLower(value), "en") {
				return "en"
			}
			return "pt"
		}
	}
	return "pt"
}
