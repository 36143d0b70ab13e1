package installer

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/windows/registry"
)

// The 32-bit view is the one that browsers look at first (facts/native.md 1.4).
const view = registry.WOW64_32KEY

func openHive(key string) (registry.Key, string) {
	if rest, ok := strings.CutPrefix(key, `HKLM\`); ok {
		return registry.LOCAL_MACHINE, rest
	}
	return registry.CURRENT_USER, strings.TrimPrefix(key, `HKCU\`)
}

func registryGet(key string) (string, error) {
	hive, path := openHive(key)
	k, err := registry.OpenKey(hive, path, registry.QUERY_VALUE|view)
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("opening %s: %w", key, err)
	}
	defer k.Close()
	value, _, err := k.GetStringValue("")
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	return value, err
}

func registrySet(key, value string) error {
	hive, path := openHive(key)
	k, _, err := registry.CreateKey(hive, path, registry.SET_VALUE|view)
	if err != nil {
		return fmt.Errorf("making %s: %w", key, err)
	}
	defer k.Close()
	return k.SetStringValue("", value)
}

func registryDelete(key string) error {
	hive, path := openHive(key)
	err := registry.DeleteKey(hive, path)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	return err
}
