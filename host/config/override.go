package config

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

const envPrefix = "CMDSIGN_"

// override puts the environment, and over it the flags by the names of their settings, over what c holds. A variable that is empty
// counts as none; a flag that was set to nothing takes a text away.
func (c *Config) override(environment []string, flags map[string]*pflag.Flag) error {
	for _, entry := range environment {
		name, text, _ := strings.Cut(entry, "=")
		if runtime.GOOS == "windows" {
			name = strings.ToUpper(name)
		}
		if text == "" || !strings.HasPrefix(name, envPrefix) {
			continue
		}
		if value, ok := find(reflect.ValueOf(c).Elem(), envPrefix, name); ok {
			if err := set(value, text); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	for setting, flag := range flags {
		value, ok := find(reflect.ValueOf(c).Elem(), "", strings.ToUpper(strings.ReplaceAll(setting, ".", "_")))
		if !ok {
			return fmt.Errorf("--%s: there's no setting %s", flag.Name, setting)
		}
		if err := set(value, flag.Value.String()); err != nil {
			return fmt.Errorf("--%s: %w", flag.Name, err)
		}
	}
	return nil
}

// find gives the setting of a variable, of those in v, a struct. above is what their variables begin with.
func find(v reflect.Value, above, name string) (reflect.Value, bool) {
	for field, value := range v.Fields() {
		key := field.Tag.Get("yaml")
		if key == "" || field.Tag.Get("env") == "-" {
			continue
		}
		variable := above + strings.ToUpper(key)
		if value.Kind() == reflect.Struct {
			if inner, ok := find(value, variable+"_", name); ok {
				return inner, true
			}
		} else if variable == name {
			return value, true
		}
	}
	return reflect.Value{}, false
}

// set gives a setting the value that a text says.
func set(value reflect.Value, text string) error {
	switch to := value.Addr().Interface().(type) {
	case *string:
		*to = text
	case *[]string:
		*to = strings.Split(text, ",")
	case *bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		*to = b
	case *time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q isn't a duration such as 90s or 5m", text)
		}
		*to = d
	case *int, *int64:
		n, err := strconv.ParseInt(text, 0, value.Type().Bits())
		if err != nil {
			return fmt.Errorf("%q isn't a whole number", text)
		}
		value.SetInt(n)
	default:
		return errors.New("only the file can set this")
	}
	return nil
}
