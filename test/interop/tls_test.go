package interop

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// TestTransportsThroughKamailio registers by TLS and by TCP, calls a softphone that is registered by UDP, is called by it,
// and after Unregister is not found any more. Each call's sound is recorded.
func TestTransportsThroughKamailio(t *testing.T) {
	const onAir = 5 * time.Second
	kamailio, nginx := peers.StartSecureKamailio(t), peers.StartNginx(t)
	account := gateway.Account{Login: "gw", Password: "gwpw", Domain: "sip.test"}
	for name, change := range map[string]func(*gateway.Account){
		"tls, authority": func(a *gateway.Account) {
			a.Transport, a.OutboundProxy = gateway.TransportTLS, kamailio.SecureAddress()
		},
		"tls, pin and name": func(a *gateway.Account) {
			a.Transport, a.OutboundProxy = gateway.TransportTLS, kamailio.SecureAddress()
			a.TLS = gateway.AccountTLS{ServerName: "sip.test", Pin: kamailio.Fingerprint}
		},
		"tcp": func(a *gateway.Account) { a.Transport, a.OutboundProxy = gateway.TransportTCP, kamailio.Address() },
	} {
		t.Run(name, func(t *testing.T) {
			phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: time.Minute})
			g := startGateway(t, func(c *gateway.Config) { c.SIP.TLSAuthority = kamailio.CAFile })
			acc := account
			change(&acc)
			require.NoError(t, g.api.Register(t.Context(), gateway.RegisterSpec{ID: "desk", Account: acc}))
			up := g.waitRegistration(t, "desk", gateway.RegistrationUp)
			require.WithinDuration(t, time.Now().Add(10*time.Minute), up.Expires, time.Minute)

			id := strings.NewReplacer(" ", "", ",", "").Replace(name)
			require.NoError(t, g.api.StartCall(t.Context(), gateway.CallSpec{ID: id, Callee: "bob", Account: acc, HasAudio: true}))
			g.waitCall(t, id, gateway.CallEstablished)
			requireToneOnAir(t, g, nginx, id, id+"-out", onAir)
			require.NoError(t, g.api.EndCall(t.Context(), id))
			g.waitNoCalls(t, phone)

			phone.Dial(t, "sip:gw@sip.test")
			incoming := g.waitIncoming(t)
			require.Equal(t, "desk", incoming.Registration)
			require.NoError(t, g.api.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: incoming.ID}))
			g.waitCall(t, incoming.ID, gateway.CallEstablished)
			requireToneOnAir(t, g, nginx, incoming.ID, id+"-in", onAir)
			phone.Hangup(t)
			g.waitNoCalls(t, phone)

			require.NoError(t, g.api.Unregister(t.Context(), "desk"))
			phone.Dial(t, "sip:gw@sip.test")
			phone.WaitSaid(t, "404 Not Found")
			g.waitNoCalls(t, phone)
		})
	}
}

// TestTLSServerIsRefused: what is wrong with a registrar's certificate is said in plain words.
func TestTLSServerIsRefused(t *testing.T) {
	kamailio := peers.StartSecureKamailio(t)
	noise := filepath.Join(t.TempDir(), "noise.pem")
	require.NoError(t, os.WriteFile(noise, []byte("not a certificate"), 0o600))
	account := gateway.Account{
		Login: "gw", Password: "gwpw", Domain: "sip.test", OutboundProxy: kamailio.SecureAddress(), Transport: gateway.TransportTLS,
	}
	for name, tt := range map[string]struct {
		authority string
		proof     gateway.AccountTLS
		proxy     string
		want      string
	}{
		"unknown authority": {"", gateway.AccountTLS{}, "", "is not known here; name its certificate in sip_tls_ca"},
		"other name":        {kamailio.CAFile, gateway.AccountTLS{ServerName: "pbx.test"}, "", "it is for sip.test, 127.0.0.1 and not for pbx.test"},
		"other pin":         {"", gateway.AccountTLS{Pin: strings.Repeat("0", 64)}, "", "its SHA-256 is " + kamailio.Fingerprint},
		"no TLS":            {"", gateway.AccountTLS{}, kamailio.Address(), "tls with 127.0.0.1: the server did not answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			g := startGateway(t, func(c *gateway.Config) { c.SIP.TLSAuthority = tt.authority })
			acc := account
			acc.TLS = tt.proof
			if tt.proxy != "" {
				acc.OutboundProxy = tt.proxy
			}
			require.NoError(t, g.api.Register(t.Context(), gateway.RegisterSpec{ID: "desk", Account: acc}))
			require.Contains(t, g.waitRegistration(t, "desk", gateway.RegistrationFailed).Text, tt.want)
		})
	}
}

func (g *gatewayUnderTest) waitRegistration(t testing.TB, id string, status gateway.RegistrationStatus) (found gateway.Registration) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, found = range g.api.Snapshot().Registrations {
			if found.ID == id && found.Status == status {
				return true
			}
		}
		return false
	}, patience, 20*time.Millisecond, "registration %s: %+v", id, &found)
	return found
}

func (g *gatewayUnderTest) waitCall(t testing.TB, id string, status gateway.CallStatus) (found gateway.Call) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, found = range g.api.Snapshot().Calls {
			if found.ID == id && found.Status == status {
				return true
			}
		}
		return false
	}, patience, 20*time.Millisecond, "call %s: %+v", id, &found)
	return found
}

// waitIncoming waits for a call that comes in.
func (g *gatewayUnderTest) waitIncoming(t testing.TB) (found gateway.Call) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, found = range g.api.Snapshot().Calls {
			if found.Incoming && found.Status == gateway.CallRing {
				return true
			}
		}
		return false
	}, patience, 20*time.Millisecond, "no call came in")
	return found
}

// requireToneOnAir pushes a stream for a while and fails unless the softphone's tone is in the recording.
func requireToneOnAir(t testing.TB, g *gatewayUnderTest, nginx *peers.Nginx, stream, name string, onAir time.Duration) {
	t.Helper()
	push, err := g.api.StartPush(t.Context(), gateway.PushSpec{
		Stream: stream, URL: gateway.Secret(nginx.URL("rec") + "/" + name), FullURL: true,
	})
	require.NoError(t, err)
	time.Sleep(onAir) // it is on air
	require.NoError(t, g.api.EndPush(context.WithoutCancel(t.Context()), push.ID))
	var files []string
	require.Eventually(t, func() bool { files = nginx.Recordings(t, name); return len(files) == 1 }, patience, 100*time.Millisecond)
	share, err := content.Tone(t.Context(), files[0], phoneTone)
	require.NoError(t, err)
	require.Greater(t, share, 0.9, "the share of the recording of %s in which the softphone's tone sounds", name)
}
