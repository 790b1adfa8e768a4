package engine

import (
	"net"
	"path/filepath"
	"slices"
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

// TestOtherVersionOfIP: a call between IPv4 and IPv6 tells what may be in the way, or ends of it, and the setting that mends it.
func TestOtherVersionOfIP(t *testing.T) {
	over := func(e gateway.Event) bool { return e.Call != nil && e.Call.Status.Ended() }
	six := newAnswerer(t, "v=0\r\nc=IN IP6 2001:db8::2\r\nm=audio 4000 RTP/AVP 8\r\nm=video 0 RTP/AVP 112\r\n")
	e := start(t, loopback())
	seen := follow(t, e)
	require.NoError(t, e.StartCall(t.Context(), gateway.CallSpec{ID: "media", Callee: "bob", Account: six.account("desk"), HasAudio: true}))
	up := seen.await(t, "media", func(e gateway.Event) bool { return e.Call != nil && e.Call.Status == gateway.CallEstablished }).Call
	family := slices.IndexFunc(up.Refused, func(l gateway.MediaLine) bool { return l.Reason == gateway.LineFamily })
	require.NotEqual(t, -1, family)
	require.Contains(t, up.Refused[family].Why, "its address 2001:db8::2 is IPv6, and ours 127.0.0.1 is IPv4")
	require.Contains(t, up.Refused[family].Why, "sip_host")

	account := gateway.Account{Login: "desk", Domain: "[2001:db8::1]:5060"}
	for id, register := range map[string]bool{"signal": false, "registered": true} {
		account.Register = register
		require.NoError(t, e.StartCall(t.Context(), gateway.CallSpec{ID: id, Callee: "bob", Account: account, HasAudio: true}))
		ended := seen.await(t, id, over).Call
		require.Equal(t, gateway.EndFamily, ended.Ending.Reason, id)
		require.Contains(t, ended.Ending.Text, "give sip_host an address of the other version", id)
	}
	require.NoError(t, e.Register(t.Context(), gateway.RegisterSpec{ID: "desk", Account: account}))
	require.Equal(t, gateway.EndFamily, awaitRegistration(t, e, "desk", gateway.RegistrationFailed).Reason)
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
