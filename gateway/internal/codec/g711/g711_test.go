package g711

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

func TestKnownCodes(t *testing.T) {
	tests := []struct {
		codec media.Codec
		code  byte
		value int16
	}{
		{media.PCMA, 0xD5, 8},
		{media.PCMA, 0x55, -8},
		{media.PCMA, 0xAA, 32256},
		{media.PCMA, 0x2A, -32256},
		{media.PCMA, 0x80, 5504},
		{media.PCMU, 0xFF, 0},
		{media.PCMU, 0x7F, 0},
		{media.PCMU, 0x80, 32124},
		{media.PCMU, 0x00, -32124},
		{media.PCMU, 0xF0, 120},
	}
	for _, tt := range tests {
		require.Equal(t, []int16{tt.value}, Decode(nil, tt.codec, []byte{tt.code}), "%s %#x", tt.codec, tt.code)
	}
}

func TestEveryCodeSurvivesTheRoundTrip(t *testing.T) {
	for _, codec := range []media.Codec{media.PCMA, media.PCMU} {
		for i := range 256 {
			code := byte(i)
			if codec == media.PCMU && code == 0x7F {
				continue // minus zero becomes zero
			}
			linear := Decode(nil, codec, []byte{code})
			require.Equal(t, []byte{code}, Encode(nil, codec, linear), "%s %#x = %d", codec, code, linear[0])
		}
	}
}

func TestQuantisationErrorIsBounded(t *testing.T) {
	for _, codec := range []media.Codec{media.PCMA, media.PCMU} {
		for s := math.MinInt16; s <= math.MaxInt16; s++ {
			got := int(Decode(nil, codec, Encode(nil, codec, []int16{int16(s)}))[0])
			allowed := max(math.Abs(float64(s))/16, 16)
			if math.Abs(float64(s)) > 32124 {
				allowed = 1024
			}
			if math.Abs(float64(got-s)) > allowed {
				t.Fatalf("%s: %d became %d", codec, s, got)
			}
		}
	}
}

func TestLevel(t *testing.T) {
	square := Encode(nil, media.PCMA, []int16{16384, -16384, 16384, -16384})
	require.InDelta(t, 0.5, Level(media.PCMA, square), 0.02)
	require.Less(t, Level(media.PCMA, media.Silence(media.PCMA, 160)), 0.001)
	require.Zero(t, Level(media.PCMU, media.Silence(media.PCMU, 160)))
	require.Zero(t, Level(media.PCMU, nil))
}
