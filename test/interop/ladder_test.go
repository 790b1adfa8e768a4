package interop

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// TestLadder: what is shown of calls is what SIPp saw of them, without what proves the password.
func TestLadder(t *testing.T) {
	g := startGateway(t)
	history := g.watch(t)
	for name, test := range map[string]struct {
		scenario string
		values   map[string]any
		ladder   []string
	}{
		"busy": {"refuse", map[string]any{"Status": "486 Busy Here", "Trying": true}, []string{"INVITE", "100", "486", "ACK"}},
		"password": {
			"challenge",
			map[string]any{"Status": "401 Unauthorized", "Header": "WWW-Authenticate"},
			[]string{"INVITE", "401", "ACK", "INVITE", "180", "200", "ACK", "BYE", "200"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer := callee(t, test.scenario, test.values)
			g.dial(t, name, peer.URI(), nil)
			if slices.Contains(test.ladder, "BYE") {
				g.waitFor(t, name, "status", string(gateway.CallEstablished), patience)
				g.hangUp(t, name)
			}
			g.ending(t, history, name, patience)
			peer.Finished(t, patience)

			l, err := g.api.Ladder(t.Context(), name)
			require.NoError(t, err)
			require.Zero(t, l.Dropped)
			log := peer.Messages(t)
			var steps []string
			for _, m := range l.Messages {
				step := strings.Fields(strings.TrimPrefix(m.Start, "SIP/2.0 "))[0]
				steps = append(steps, step)
				require.Equal(t, strings.HasPrefix(m.Start, "SIP/2.0"), !m.Sent)
				require.Equal(t, peer.Address(), m.Remote)
				if !strings.Contains(m.Text, "Authorization:") {
					require.Contains(t, log, m.Text)
					continue
				}
				require.Contains(t, m.Text, `response="***"`)
				require.Contains(t, m.Text, `username="gw"`)
			}
			require.Equal(t, test.ladder, steps)
		})
	}
}
