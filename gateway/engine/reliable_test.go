package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
)

// TestReliableProvisionalResponses are offered unless the setting says otherwise.
func TestReliableProvisionalResponses(t *testing.T) {
	for _, reliable := range []bool{true, false} {
		config := loopback()
		config.SIP.Reliable = reliable
		e, phone := start(t, config), callee(t, demophone.Params{})
		events := follow(t, e)
		require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
		events.await(t, "c1", established)
		l, err := e.Ladder(t.Context(), "c1")
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(l.Messages[0].Start, "INVITE "))
		require.Equal(t, reliable, strings.Contains(l.Messages[0].Text, "100rel"), l.Messages[0].Text)
	}
}
