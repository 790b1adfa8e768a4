package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTurnout(t *testing.T) {
	turn := turnout{
		Viewers:  10,
		Alone:    outcome{Window: 2 * time.Second, CPU: 20 * time.Millisecond, Busy: memory{RSS: 1 << 20}},
		Watched:  outcome{Window: 4 * time.Second, CPU: 120 * time.Millisecond, Busy: memory{RSS: 11 << 20}},
		Received: counts{Pictures: 130, Packets: 240, Missing: 60}.since(counts{Pictures: 30, Packets: 40, Missing: 55}),
	}
	require.InDelta(t, 0.002, turn.perViewer(), 1e-9)
	var out strings.Builder
	require.NoError(t, turn.print(&out))
	for _, line := range []string{
		"10 viewers, 4s\n", "CPU per viewer                  0.200 %\n", "  with nobody watching            1.0 %\n",
		"memory per viewer               1024 kB\n", "pictures/s each                    2.50\n", "packets missing                       5\n",
	} {
		require.Contains(t, out.String(), line)
	}
}

// TestAudienceOfABench asks a program that answers as the audience does.
func TestAudienceOfABench(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audience")
	script := "#!/bin/sh\n[ $2 = 7 ] || exit 3\nn=1\necho '{\"pictures\":1}'\nwhile read -r line; do n=$((n+1)); echo \"{\\\"pictures\\\":$n}\"; done\n"
	require.NoError(t, os.WriteFile(path, []byte(script), 0o700))
	a, err := startAudience(t.Context(), path, "http://127.0.0.1:1/whep/x", 7)
	require.NoError(t, err)
	for want := range 2 {
		c, err := a.received()
		require.NoError(t, err)
		require.Equal(t, int64(want+2), c.Pictures)
	}
	require.NoError(t, a.leave())
	_, err = startAudience(t.Context(), path, "http://127.0.0.1:1/whep/x", 8)
	require.ErrorContains(t, err, "seat 8 viewers")
}
