package speex

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pack puts numbers of so many bits each behind one another.
func pack(fields ...[2]int) []byte {
	var b []byte
	at := 0
	for _, f := range fields {
		for i := f[1] - 1; i >= 0; i-- {
			if at%8 == 0 {
				b = append(b, 0)
			}
			b[at/8] |= byte(f[0]>>i&1) << (7 - at%8)
			at++
		}
	}
	return b
}

// narrowband and wideband are frames of a mode, the rest of which is 0.
func narrowband(mode int) [][2]int { return [][2]int{{0, 1}, {mode, 4}, {0, narrow[mode] - 5}} }
func wideband(mode int) [][2]int   { return [][2]int{{1, 1}, {mode, 3}, {0, wide[mode] - 4}} }

func TestDuration(t *testing.T) {
	join := func(parts ...[][2]int) []byte {
		var all [][2]int
		for _, p := range parts {
			all = append(all, p...)
		}
		return pack(all...)
	}
	end := [][2]int{{0, 1}, {15, 4}}
	for name, tt := range map[string]struct {
		packet []byte
		want   time.Duration
	}{
		"nothing":         {nil, 0},
		"one":             {join(narrowband(4)), frame},
		"three and a end": {join(narrowband(4), narrowband(4), narrowband(4), end), 3 * frame},
		"wideband":        {join(narrowband(6), wideband(3)), frame},
		"two wideband":    {join(narrowband(6), wideband(3), narrowband(6), wideband(3), end), 2 * frame},
		"ultra-wideband":  {join(narrowband(6), wideband(3), wideband(1)), frame},
		"request":         {join([][2]int{{0, 1}, {14, 4}, {2, 4}, {5, 4}}, narrowband(3)), frame},
		"no such mode":    {join([][2]int{{0, 1}, {12, 4}, {0, 60}}), 0},
		"cut short":       {join(narrowband(7))[:20], 0},
	} {
		require.Equal(t, tt.want, Duration(tt.packet), name)
	}
}

func FuzzDuration(f *testing.F) {
	f.Add(pack([2]int{0, 1}, [2]int{14, 4}, [2]int{15, 4}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d := Duration(b); d < 0 || d > time.Duration(8*len(b))*frame {
			t.Fatal(d)
		}
	})
}
