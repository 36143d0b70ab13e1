package nativemsg

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// chromeOrigin says whether it's the origin of an extension of the Chrome family: its id is 32 letters a to p, and a slash follows.
// Every start needs it, so it isn't a regular expression, which would first have to be compiled.
func chromeOrigin(origin string) bool {
	id, isOrigin := strings.CutPrefix(origin, "chrome-extension://")
	id, ends := strings.CutSuffix(id, "/")
	return isOrigin && ends && len(id) == 32 && strings.Trim(id, "abcdefghijklmnop") == ""
}

// Caller tells whether a browser started the program, and which extension asked for
// it. args are the arguments without the program's name.
//
//   - Chrome family: the origin, "chrome-extension://<id>/", first; on Windows
//     "--parent-window=N" follows.
//   - Firefox: the path of the host manifest, then the id of the add-on.
//
// allowed holds origins with their last slash and add-on ids. native is true when a
// browser started the program, also when the caller isn't allowed: then the error is
// CALLER_NOT_ALLOWED and nothing may be read from stdin.
func Caller(args, allowed []string) (origin string, native bool, err error) {
	switch {
	case len(args) == 0:
		return "", false, nil
	case strings.Contains(args[0], "extension://"):
		origin = args[0]
		if !chromeOrigin(origin) {
			return "", true, notAllowed(origin)
		}
	case len(args) == 2 && filepath.IsAbs(args[0]) && strings.EqualFold(filepath.Ext(args[0]), ".json"):
		origin = args[1]
	default:
		return "", false, nil
	}
	if origin == "" || !slices.Contains(allowed, origin) {
		return "", true, notAllowed(origin)
	}
	return origin, true, nil
}

func notAllowed(origin string) error {
	return problem.Newf(problem.CallerNotAllowed, "started by %.100q", origin)
}
