//go:build !linux && !darwin && !windows

package save

import "errors"

func renameNew(_, _ string) error { return errors.ErrUnsupported }
