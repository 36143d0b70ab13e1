package command

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/terminal"
)

func TestTheFlagForAVisibleSignature(t *testing.T) {
	for flag, want := range map[string]*terminal.Visible{
		"page=last,place=bottom-right": {Page: "last", Orientation: "portrait", Place: "bottom-right"},
		"place=top-left":               {Page: "last", Orientation: "portrait", Place: "top-left"},
		"page=first":                   {Page: "first", Orientation: "portrait", Place: "bottom-right"},
		"page=3, orientation=landscape, place=middle-left": {Page: 3, Orientation: "landscape", Place: "middle-left"},
		"page=0":                  nil,
		"page=two":                nil,
		"page=1,page=2":           nil,
		"place=left":              nil,
		"orientation=upside-down": nil,
		"last":                    nil,
		"page=last,":              nil,
		"size=10,place=top-left":  nil,
	} {
		require.Equal(t, want, visibleOf(flag), flag)
	}
}
