//go:build !windows

package installer

import "errors"

var errNoRegistry = errors.New("there's no registry on this system")

func registryGet(string) (string, error) { return "", errNoRegistry }
func registrySet(string, string) error   { return errNoRegistry }
func registryDelete(string) error        { return errNoRegistry }
func registryMissing(string) []string    { return nil }
func registryEmpty(string) bool          { return false }
