package engine

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// sipTrouble is what the SIP listener says.
func sipTrouble(e *Engine) *gateway.Error {
	for _, l := range e.Snapshot().Listeners {
		if l.Name == "sip" {
			return l.Err
		}
	}
	return nil
}

// TestAuthoritiesThatAreNotThere: the gateway says so and runs; what would need them is refused.
func TestAuthoritiesThatAreNotThere(t *testing.T) {
	config := loopback()
	config.SIP.TLSAuthority = filepath.Join(t.TempDir(), "ca.pem")
	e := start(t, config)
	trouble := sipTrouble(e)
	require.NotNil(t, trouble)
	require.Equal(t, "sip_tls_ca", trouble.Field)
	require.Contains(t, trouble.Message, config.SIP.TLSAuthority)

	secure := gateway.Account{Login: "desk", Domain: "127.0.0.1:9", Transport: gateway.TransportTLS}
	requireRefusal(t, e.Register(t.Context(), gateway.RegisterSpec{ID: "desk", Account: secure}),
		gateway.CodeUnavailable, gateway.ReasonAuthority)
	requireRefusal(t, e.StartCall(t.Context(), gateway.CallSpec{ID: "c1", Callee: "bob", Account: secure, HasAudio: true}),
		gateway.CodeUnavailable, gateway.ReasonAuthority)
	secure.TLS.Pin = "a3c1d7a0b6f0e3d2a3c1d7a0b6f0e3d2a3c1d7a0b6f0e3d2a3c1d7a0b6f0e3d2"
	require.NoError(t, e.Register(t.Context(), gateway.RegisterSpec{ID: "pinned", Account: secure}), "a pin needs no authority")
	require.NoError(t, e.Register(t.Context(), gateway.RegisterSpec{ID: "udp", Account: gateway.Account{Login: "x", Domain: "127.0.0.1:9"}}))
}

// TestSTUNServerIsNotThere: the SIP listener names the setting, and SIP goes on.
func TestSTUNServerIsNotThere(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()
	config := loopback()
	config.SIP.STUN = silent.LocalAddr().String()
	e := start(t, config)
	require.Eventually(t, func() bool { return sipTrouble(e) != nil }, patience, 20*time.Millisecond)
	require.Equal(t, "sip_stun", sipTrouble(e).Field)
	require.Equal(t, gateway.ReasonSTUN, sipTrouble(e).Reason)
}
