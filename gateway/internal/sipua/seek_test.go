package sipua

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// stuck is a DNS that does not answer. As in the library, a question for services goes on whatever becomes of its context.
type stuck struct {
	asked    chan struct{} // tells of each question
	over     chan struct{} // closed when the test is
	services bool          // they are what is not answered
}

func (s stuck) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	if s.services {
		s.asked <- struct{}{}
		<-s.over
	}
	return "", nil, &net.DNSError{IsNotFound: true}
}

func (s stuck) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	s.asked <- struct{}{}
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestHangUpWhileTheServerIsSought(t *testing.T) {
	for name, services := range map[string]bool{"its services": true, "its address": false} {
		t.Run(name, func(t *testing.T) {
			dns := stuck{make(chan struct{}, 1), make(chan struct{}), services}
			defer close(dns.over)
			a, r := startAgent(t, func(a *Agent) { a.params.Resolver, a.timing.resolve = dns, time.Hour }), newRecorder(t)
			d := dial(a, r, gateway.Account{Login: "alice", Domain: "sip.test"})
			<-dns.asked
			d.Hangup("enough")
			require.Equal(t, Ended{Text: "enough"}, next[Ended](r))
		})
	}
}

// TestHangUpWhileTheServerIsConnected: who hangs up does not take the connection from who does not.
func TestHangUpWhileTheServerIsConnected(t *testing.T) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer l.Close()
	a, one, two := startAgent(t, func(a *Agent) { a.timing.dial = time.Hour }), newRecorder(t), newRecorder(t)
	acc := gateway.Account{Login: "alice", Domain: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Transport: gateway.TransportTLS}
	accept := func() {
		conn, err := l.Accept() // and shakes no hands
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
	}
	first := dial(a, one, acc)
	accept()
	second := dial(a, two, acc, func(p *InviteParams) { p.CallID = "two" })
	first.Hangup("enough")
	require.Equal(t, Ended{Text: "enough"}, next[Ended](one))
	accept()
	second.Hangup("enough")
	require.Equal(t, Ended{Text: "enough"}, next[Ended](two))
}
