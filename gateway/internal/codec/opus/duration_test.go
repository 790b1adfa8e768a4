package opus

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDuration(t *testing.T) {
	const ms = time.Millisecond
	tests := map[string]struct {
		packet []byte
		want   time.Duration
	}{
		"SILK, one of 10 ms":              {[]byte{0 << 3}, 10 * ms},
		"SILK, one of 60 ms":              {[]byte{11 << 3}, 60 * ms},
		"SILK, two of 60 ms":              {[]byte{11<<3 | 1}, 120 * ms},
		"hybrid, one of 20 ms":            {[]byte{15 << 3, 7}, 20 * ms},
		"hybrid, two unlike of 10 ms":     {[]byte{14<<3 | 2}, 20 * ms},
		"CELT, one of 2.5 ms":             {[]byte{16 << 3}, 2500 * time.Microsecond},
		"CELT, as browsers send it":       {[]byte{31 << 3, 1, 2}, 20 * ms},
		"CELT, three of 20 ms":            {[]byte{31<<3 | 3, 3}, 60 * ms},
		"CELT, six of 20 ms with padding": {[]byte{31<<3 | 3, 6 | 0xC0}, 120 * ms},
		"too long":                        {[]byte{31<<3 | 3, 7}, 0},
		"no frames":                       {[]byte{31<<3 | 3, 0x80}, 0},
		"count is missing":                {[]byte{31<<3 | 3}, 0},
		"empty":                           {nil, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, Duration(test.packet)) })
	}
}

func FuzzDuration(f *testing.F) {
	f.Add([]byte{0xFC, 1})
	f.Add([]byte{0xFF, 0x3F})
	f.Fuzz(func(t *testing.T, packet []byte) {
		if d := Duration(packet); d < 0 || d > longest || d%(2500*time.Microsecond) != 0 {
			t.Fatalf("%v", d)
		}
	})
}
