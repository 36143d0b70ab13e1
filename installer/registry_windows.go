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

// registryDelete opens the key above first: deleting by the whole path would look in the other view.
func registryDelete(key string) error {
	above, name := cutKey(key)
	hive, path := openHive(above)
	k, err := registry.OpenKey(hive, path, registry.ENUMERATE_SUB_KEYS|view)
	if err == nil {
		defer k.Close()
		err = registry.DeleteKey(k, name)
	}
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	return err
}

// registryMissing are the keys that registrySet would make above a key.
func registryMissing(key string) (keys []string) {
	for above, _ := cutKey(key); strings.Contains(above, `\`); above, _ = cutKey(above) {
		hive, path := openHive(above)
		k, err := registry.OpenKey(hive, path, registry.QUERY_VALUE|view)
		if err == nil {
			k.Close()
			return keys
		}
		keys = append(keys, above)
	}
	return keys
}

// registryEmpty says whether nothing is in a key.
func registryEmpty(key string) bool {
	hive, path := openHive(key)
	k, err := registry.OpenKey(hive, path, registry.READ|view)
	if err != nil {
		return false
	}
	defer k.Close()
	info, err := k.Stat()
	return err == nil && info.SubKeyCount == 0 && info.ValueCount == 0
}

func cutKey(key string) (above, name string) {
	i := strings.LastIndexByte(key, '\\')
	return key[:max(i, 0)], key[i+1:]
}
