//go:build cgo && !nolibav && !ci

package device

import (
	"testing"

	"github.com/gen2brain/malgo"
	"github.com/stretchr/testify/require"
)

func TestMicrophonesOfALSA(t *testing.T) {
	for name, want := range map[string]bool{
		":0,0": true, "hw:0,0": true, "plughw:CARD=PCH,DEV=0": true, "sysdefault:CARD=Headset": true, "default": true,
		"pulse": true, "pipewire": true,
		"null": false, "lavrate": false, "samplerate": false, "speexrate": false, "speex": false, "jack": false, "oss": false,
		"upmix": false, "vdownmix": false, "": false,
	} {
		var id malgo.DeviceID
		copy(id[:], name)
		require.Equal(t, want, records(text(id)), name)
	}
}
