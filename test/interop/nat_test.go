package interop

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
)

// box stands between the gateway and a server as a NAT does: the server sees another port than the gateway has.
type box struct {
	inside, outside net.PacketConn
	pings           atomic.Int32 // keep-alives that came from inside
	invites         atomic.Int32 // calls that came from outside
	home            atomic.Value // the gateway's address
}

func startBox(t *testing.T, server string) *box {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp", server)
	require.NoError(t, err)
	b := new(box)
	b.inside, err = net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	b.outside, err = net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	var tasks sync.WaitGroup
	pass := func(from, by net.PacketConn, next func(b []byte, from net.Addr) net.Addr) {
		buf := make([]byte, 65535)
		for {
			n, source, err := from.ReadFrom(buf)
			if err != nil {
				return
			}
			if dest := next(buf[:n], source); dest != nil {
				_, _ = by.WriteTo(buf[:n], dest)
			}
		}
	}
	tasks.Go(func() {
		pass(b.inside, b.outside, func(text []byte, from net.Addr) net.Addr {
			b.home.Store(from)
			if string(text) == "\r\n\r\n" {
				b.pings.Add(1)
			}
			return to
		})
	})
	tasks.Go(func() {
		pass(b.outside, b.inside, func(text []byte, _ net.Addr) net.Addr {
			if bytes.HasPrefix(text, []byte("INVITE ")) {
				b.invites.Add(1)
			}
			home, _ := b.home.Load().(net.Addr)
			return home
		})
	})
	t.Cleanup(func() {
		_ = b.inside.Close()
		_ = b.outside.Close()
		tasks.Wait()
	})
	return b
}

// TestCalledBehindNAT registers through a NAT at a registrar that does nothing for those behind one. A softphone's call comes
// in all the same, its sound too, and it ends on either side.
func TestCalledBehindNAT(t *testing.T) {
	const onAir = 4 * time.Second
	kamailio, nginx := peers.StartKamailio(t), peers.StartNginx(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: time.Minute})
	nat := startBox(t, kamailio.Address())
	g := startGateway(t)
	account := gateway.Account{Login: "gw", Password: "gwpw", Domain: "sip.test", OutboundProxy: nat.inside.LocalAddr().String()}
	require.NoError(t, g.api.Register(t.Context(), gateway.RegisterSpec{ID: "desk", Account: account}))
	g.waitRegistration(t, "desk", gateway.RegistrationUp)
	for name, end := range map[string]func(id string){
		"there": func(string) { phone.Hangup(t) },
		"here":  func(id string) { require.NoError(t, g.api.EndCall(t.Context(), id)) },
	} {
		phone.Dial(t, "sip:gw@sip.test")
		incoming := g.waitIncoming(t)
		require.Positive(t, nat.invites.Swap(0), "the call came to where the registrar saw us")
		require.NoError(t, g.api.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: incoming.ID}))
		g.waitCall(t, incoming.ID, gateway.CallEstablished)
		requireToneOnAir(t, g, nginx, incoming.ID, "nat-"+name, onAir)
		end(incoming.ID)
		g.waitNoCalls(t, phone)
	}
	require.Eventually(t, func() bool { return nat.pings.Load() > 0 }, 40*time.Second, 100*time.Millisecond, "the way in is kept open")
	require.NoError(t, g.api.Unregister(t.Context(), "desk"))
	phone.Dial(t, "sip:gw@sip.test")
	phone.WaitSaid(t, "404 Not Found")
	g.waitNoCalls(t, phone)
}
