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
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/adrg/xdg"
	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Config is everything that can be set.
type Config struct {
	Env          string                 `mapstructure:"env" yaml:"env"`
	Lang         string                 `mapstructure:"lang" yaml:"lang"` // pt or en; empty: the system's
	Downloads    string                 `mapstructure:"downloads" yaml:"downloads"`
	State        string                 `mapstructure:"state" yaml:"state"`           // folder of journal and copies under way
	Trust        string                 `mapstructure:"trust" yaml:"trust"`           // folder of further trust anchors, one folder an environment
	Revocation   string                 `mapstructure:"revocation" yaml:"revocation"` // on, off; empty: as the environment says
	Trace        string                 `mapstructure:"trace" yaml:"trace"`           // off, unknown or always: when a bundle for repair is kept
	Pages        string                 `mapstructure:"pages" yaml:"pages"`           // page file over the built-in one, where the environment has none
	Browser      Browser                `mapstructure:"browser" yaml:"browser"`
	Limits       Limits                 `mapstructure:"limits" yaml:"limits"`
	Sandbox      Sandbox                `mapstructure:"sandbox" yaml:"sandbox"`
	Environments map[string]Environment `mapstructure:"environments" yaml:"environments"`
	Extensions   []string               `mapstructure:"extensions" yaml:"extensions"` // callers besides the product's own
	Log          Log                    `mapstructure:"log" yaml:"log"`
	Serve        Serve                  `mapstructure:"serve" yaml:"serve"`

	path string
	tree *yaml.Node // the file, to name the line of a mistake
}

// Browser says how the program gets a browser besides the person's own.
type Browser struct {
	Mode     string `mapstructure:"mode" yaml:"mode"`         // launch or attach; empty: attach where there's an endpoint
	Endpoint string `mapstructure:"endpoint" yaml:"endpoint"` // DevTools address of a browser that runs already
	Path     string `mapstructure:"path" yaml:"path"`
	Headless string `mapstructure:"headless" yaml:"headless"` // auto, on or off
}

// Limits are how long and how much the program puts up with.
type Limits struct {
	Page    time.Duration `mapstructure:"page" yaml:"page"`
	Unknown time.Duration `mapstructure:"unknown" yaml:"unknown"`
	Result  time.Duration `mapstructure:"result" yaml:"result"`
	Person  time.Duration `mapstructure:"person" yaml:"person"`
	Stale   time.Duration `mapstructure:"stale" yaml:"stale"`
	Input   time.Duration `mapstructure:"input" yaml:"input"`
	PDF     int64         `mapstructure:"pdf" yaml:"pdf"` // bytes
}

// Sandbox is the sandbox that --env sandbox starts inside the program, or, with an address, one that runs already.
type Sandbox struct {
	Address string `mapstructure:"address" yaml:"address"` // host:port on loopback
	Dir     string `mapstructure:"dir" yaml:"dir"`         // where its test CA is kept
	Look    string `mapstructure:"look" yaml:"look"`
	Lang    string `mapstructure:"lang" yaml:"lang"`
}

// Environment is an environment of the user's own.
type Environment struct {
	Intro      string   `mapstructure:"intro" yaml:"intro"`           // URL of the first page
	Origins    []string `mapstructure:"origins" yaml:"origins"`       // scheme://host[:port]
	Trust      []string `mapstructure:"trust" yaml:"trust"`           // PEM files
	Pages      string   `mapstructure:"pages" yaml:"pages"`           // page file over the built-in one
	Revocation string   `mapstructure:"revocation" yaml:"revocation"` // on, off; empty: on, unless turned off for all
}

// Log says what is logged. There's none but warnings unless it's asked for.
type Log struct {
	Level string `mapstructure:"level" yaml:"level"` // debug, info, warn, error
	File  string `mapstructure:"file" yaml:"file"`   // empty: stderr
}

// Serve is the conversation over WebSocket (docs/SERVE.md).
type Serve struct {
	Address  string            `mapstructure:"address" yaml:"address"`   // host:port
	Cert     string            `mapstructure:"cert" yaml:"cert"`         // PEM file of the certificate and its chain
	Key      string            `mapstructure:"key" yaml:"key"`           // PEM file of its key
	Operator Operator          `mapstructure:"operator" yaml:"operator"` // needed where others than this computer's own programs connect
	Hosts    []string          `mapstructure:"hosts" yaml:"hosts"`       // names by which it's asked for, besides the certificate's
	Origins  []string          `mapstructure:"origins" yaml:"origins"`   // pages that may connect, scheme://host[:port]
	Root     string            `mapstructure:"root" yaml:"root"`         // folder of the documents that may be named; empty: none
	Tokens   Tokens            `mapstructure:"tokens" yaml:"tokens"`
	Seal     Seal              `mapstructure:"seal" yaml:"seal"`
	Buckets  map[string]Bucket `mapstructure:"buckets" yaml:"buckets"` // by the names that clients use
	Metrics  string            `mapstructure:"metrics" yaml:"metrics"` // host:port of health, readiness and metrics; empty: none
	Limits   ServeLimits       `mapstructure:"limits" yaml:"limits"`
}

// Operator is who runs a server for others.
type Operator struct {
	Name    string `mapstructure:"name" yaml:"name"`
	Privacy string `mapstructure:"privacy" yaml:"privacy"` // https URL
}

// Tokens are the JSON Web Tokens that a client must bring.
type Tokens struct {
	Secret   string `mapstructure:"secret" yaml:"secret"` // file of the HS256 secret
	JWKS     string `mapstructure:"jwks" yaml:"jwks"`     // file of the public keys for RS256 and ES256
	Audience string `mapstructure:"audience" yaml:"audience"`
}

// Bucket is a place of documents that clients may name: an S3 bucket, or a folder.
type Bucket struct {
	URL    string `mapstructure:"url" yaml:"url"`       // s3://BUCKET with gocloud.dev's parameters, or file:///FOLDER
	Prefix string `mapstructure:"prefix" yaml:"prefix"` // what every key begins with; empty: any
	Fetch  bool   `mapstructure:"fetch" yaml:"fetch"`   // documents may be fetched from it
	Write  bool   `mapstructure:"write" yaml:"write"`   // signed files may be written to it
}

// Seal is the key that clients may encrypt phone, PIN and code to.
type Seal struct {
	Key      string `mapstructure:"key" yaml:"key"`           // PEM file of a P-256 private key; empty: one is made at each start
	Required bool   `mapstructure:"required" yaml:"required"` // what comes in the clear is refused
}

// On says whether clients must bring a token.
func (t Tokens) On() bool { return t.Secret != "" || t.JWKS != "" }

// ServeLimits are how many and how long a server puts up with.
type ServeLimits struct {
	Conversations int           `mapstructure:"conversations" yaml:"conversations"` // at a time
	PerClient     int           `mapstructure:"per_client" yaml:"per_client"`       // of them from one address
	Idle          time.Duration `mapstructure:"idle" yaml:"idle"`                   // without a message while one is waited for
	Total         time.Duration `mapstructure:"total" yaml:"total"`                 // of a conversation
	Drain         time.Duration `mapstructure:"drain" yaml:"drain"`                 // for conversations to end by themselves at the stop
	Bucket        time.Duration `mapstructure:"bucket" yaml:"bucket"`               // to fetch a document from a bucket, or to write one
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
		Serve: Serve{Address: "127.0.0.1:8765", Hosts: []string{}, Origins: []string{},
			Limits: ServeLimits{Conversations: 20, PerClient: 4, Idle: 10 * time.Minute, Total: 60 * time.Minute, Drain: 30 * time.Second,
				Bucket: 30 * time.Second}},
	}
}

const envPrefix = "CMDSIGN"

// Load reads the configuration: the file at path (empty: DefaultPath, if there is one), then the environment, then the flags
// that were set. The error is CONFIG_INVALID and names the line.
func Load(path string, flags map[string]*pflag.Flag) (*Config, error) {
	data, name, err := read(path)
	if err != nil {
		return nil, problem.Newf(problem.ConfigInvalid, "%w", err)
	}
	var cfg *Config
	if data == nil && len(flags) == 0 && !inEnvironment(os.Environ()) {
		// Most people's, each time a browser starts the program: there's nothing to put over it.
		own := builtin()
		cfg = &own
	} else if cfg, err = merge(data, name, flags); err != nil {
		return nil, err
	}
	if cfg.Lang == "" {
		cfg.Lang = SystemLang()
	}
	return cfg, cfg.check()
}

// inEnvironment says whether any of the variables may be a setting.
func inEnvironment(variables []string) bool {
	return slices.ContainsFunc(variables, func(v string) bool {
		return len(v) > len(envPrefix) && v[len(envPrefix)] == '_' && strings.EqualFold(v[:len(envPrefix)], envPrefix)
	})
}

// merge puts the file, the environment and the flags over what's built in.
func merge(data []byte, name string, flags map[string]*pflag.Flag) (*Config, error) {
	v := viper.New()
	var defaults map[string]any
	if err := mapstructure.Decode(builtin(), &defaults); err != nil {
		return nil, problem.Newf(problem.Internal, "the built-in configuration: %w", err)
	}
	setDefaults(v, "", defaults)
	v.SetEnvPrefix(envPrefix)
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	v.AutomaticEnv()

	cfg := &Config{path: name}
	if data != nil {
		var err error
		if cfg.tree, err = strict(data); err != nil {
			return nil, problem.Newf(problem.ConfigInvalid, "%s: %w", name, err)
		}
		v.SetConfigType("yaml")
		if err := v.ReadConfig(bytes.NewReader(data)); err != nil {
			return nil, problem.Newf(problem.ConfigInvalid, "%s: %w", name, err)
		}
	}
	for key, flag := range flags {
		if err := v.BindPFlag(key, flag); err != nil {
			return nil, problem.Newf(problem.ConfigInvalid, "flag %s: %w", key, err)
		}
	}
	if err := v.UnmarshalExact(cfg); err != nil {
		return nil, problem.Newf(problem.ConfigInvalid, "%w", err)
	}
	return cfg, nil
}

// setDefaults tells viper of every single value: only of those does it look into the environment. A list or map that is nil has none.
func setDefaults(v *viper.Viper, above string, values map[string]any) {
	for key, value := range values {
		if of := reflect.ValueOf(value); (of.Kind() == reflect.Map || of.Kind() == reflect.Slice) && of.IsNil() {
			continue
		}
		if below, ok := value.(map[string]any); ok {
			setDefaults(v, above+key+".", below)
			continue
		}
		v.SetDefault(above+key, value)
	}
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

// strict refuses what viper would let pass in silence: a field that isn't known, a value of the wrong kind. The yaml
// library names the line.
func strict(data []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	var c Config
	if err := dec.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var tree yaml.Node
	if err := yaml.Unmarshal(data, &tree); err != nil {
		return nil, err
	}
	return &tree, nil
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
	if line := lineOf(c.tree, keys); line > 0 {
		return problem.Newf(problem.ConfigInvalid, "%s: line %d: %s: %w", c.path, line, setting, err)
	}
	return problem.Newf(problem.ConfigInvalid, "%s: %w", setting, err)
}

// lineOf gives the line of the innermost of the keys that the file has.
func lineOf(node *yaml.Node, keys []string) int {
	if node == nil {
		return 0
	}
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		return lineOf(node.Content[0], keys)
	}
	if node.Kind != yaml.MappingNode || len(keys) == 0 {
		return 0
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if strings.EqualFold(node.Content[i].Value, keys[0]) {
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
