package transcode

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlace(t *testing.T) {
	const (
		ms = time.Millisecond
		n  = 160
	)
	tests := map[string]struct {
		drift time.Duration // of the packet from where it is expected
		want  step
	}{
		"in place":            {0, step{}},
		"within tolerance":    {2 * ms, step{}},
		"early within":        {-2 * ms, step{}},
		"drifts late":         {3 * ms, step{repeat: 1}},
		"drifts early":        {-3 * ms, step{skip: 1}},
		"one packet lost":     {20 * ms, step{silence: n}},
		"a second lost":       {time.Second, step{silence: 8000}},
		"more is a jump":      {1001 * ms, step{restart: true}},
		"half a packet again": {-25 * ms, step{skip: n}},
		"partly in the past":  {-20 * ms, step{skip: n}},
		"long ago":            {-time.Hour, step{skip: n}},
		"far ahead":           {time.Hour * 1e5, step{restart: true}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := aligner{rate: 8000}
			require.Equal(t, step{restart: true}, a.place(time.Minute, n))
			require.Equal(t, test.want, a.place(time.Minute+20*ms+test.drift, n))
		})
	}
}
