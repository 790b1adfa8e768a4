package screen

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second:                       "0:00",
		59999 * time.Millisecond:           "0:59",
		10 * time.Minute:                   "10:00",
		time.Hour + time.Second:            "1:00:01",
		26*time.Hour + 3*time.Minute + 4e9: "26:03:04",
	} {
		require.Equal(t, want, clock(d))
	}
}

func TestLastedCountsFromTheAnswer(t *testing.T) {
	now := time.Now()
	c := gateway.Call{Created: now.Add(-time.Minute)}
	require.Equal(t, "1:00", lasted(c, now))
	c.Established = now.Add(-10 * time.Second)
	require.Equal(t, "0:10", lasted(c, now))
	c.Ended = now.Add(-4 * time.Second)
	require.Equal(t, "0:06", lasted(c, now))
}

func TestWhatOfAnAddressIsWrittenDown(t *testing.T) {
	tests := []struct{ url, name, stored, place string }{
		{"rtmp://host/live", "key", "rtmp://host/live", "host/live"},
		{"rtmp://host:1936/live/instance", "key", "rtmp://host:1936/live/instance", "host:1936/live"},
		{"rtmp://host/live/key", "", "rtmp://host/live", "host/live"},
		{"rtmp://host/live/instance/key", "", "rtmp://host/live/instance", "host/live"},
		{"rtmp://user:secret@host/live?token=secret", "key", "rtmp://host/live", "host/live"},
		{"rtmp://host/live#secret", "key", "rtmp://host/live", "host/live"},
		{"not an address", "", "", ""},
	}
	for _, tt := range tests {
		require.Equal(t, tt.stored, storable(gateway.Secret(tt.url), gateway.Secret(tt.name)), tt.url)
		if target, ok := parseTarget(tt.url); ok {
			require.Equal(t, tt.place, target.place(), tt.url)
		}
	}
}

func TestPortOf(t *testing.T) {
	for text, want := range map[string]int{"": 0, "5080": 5080, "0": -1, "x": -1, "-5": -5, "70000": 70000} {
		require.Equal(t, want, portOf(text), text)
	}
}
