//go:build cgo && !nolibav && !ci

package device

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gen2brain/malgo"
)

// records tells whether an ALSA device may be a microphone: one of a card, whose name has a colon, or the way to a sound
// server. The others are converters and files of ALSA's own.
func records(name string) bool {
	return strings.Contains(name, ":") || slices.Contains([]string{"default", "pulse", "pipewire"}, name)
}

// text is an identifier of a system that uses names.
func text(id malgo.DeviceID) string {
	name, _, _ := bytes.Cut(id[:], []byte{0})
	return string(name)
}
