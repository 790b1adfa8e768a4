package sipua

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/stun"
	"callcast/gateway/internal/stun/stuntest"
)

// stunServer tells everybody that they are at told, but for the first few whom it does not hear.
func stunServer(t *testing.T, told *atomic.Pointer[netip.AddrPort], deafTo int) string {
	t.Helper()
	var heard atomic.Int32
	return stuntest.Serve(t, func(request []byte, _ netip.AddrPort) []byte {
		at := told.Load()
		if int(heard.Add(1)) <= deafTo || at == nil || !stun.Is(request) {
			return nil
		}
		return stuntest.Answer(request, *at)
	}).String()
}

type said struct {
	at  netip.AddrPort
	err error
}

func TestPublicAddressBySTUN(t *testing.T) {
	var told atomic.Pointer[netip.AddrPort]
	outside := netip.MustParseAddrPort("198.51.100.7:40001")
	told.Store(&outside)
	server := stunServer(t, &told, 1)
	heard := make(chan said, 64)
	a := startAgent(t, func(a *Agent) {
		a.params.STUN, a.timing.beat = server, 100*time.Millisecond
		a.params.OnPublic = func(at netip.AddrPort, err error) { heard <- said{at, err} }
		a.mirror = newMirror(a, server)
	})
	p := udpPeer(t)
	k := keep(t, a, p.account())
	first := p.expect(sip.REGISTER)
	require.NotContains(t, first.raw, "198.51.100.7", "those beside us see us as we are")
	p.reply(first, 200)
	require.True(t, k.next().Up)
	require.Equal(t, said{outside, nil}, <-heard, "after one repetition")
	far := netip.MustParseAddrPort("203.0.113.5:5060")
	way, err := a.path(t.Context(), hop{transport: "UDP", remote: far})
	require.NoError(t, err)
	require.Equal(t, "<sip:al@198.51.100.7:40001>", way.contact("al").Value())
	ip, err := a.LocalIP(gateway.Account{Login: "al", Domain: far.String()})
	require.NoError(t, err)
	require.Equal(t, outside.Addr(), ip, "for media")
	require.Equal(t, server, a.STUNServer(ip).String(), "to be asked of media ports")
	beside, err := a.LocalIP(gateway.Account{Login: "al", Domain: "127.0.0.1"})
	require.NoError(t, err)
	require.False(t, a.STUNServer(beside).IsValid(), "neighbours see ports as they are")

	moved := netip.MustParseAddrPort("198.51.100.8:40002")
	told.Store(&moved)
	p.reply(p.expect(sip.REGISTER), 200) // at once
	way, err = a.path(t.Context(), hop{transport: "UDP", remote: far})
	require.NoError(t, err)
	require.Equal(t, moved, way.local)
	require.False(t, a.STUNServer(ip).IsValid(), "we are elsewhere")

	told.Store(nil)
	for s := range heard {
		if s.err != nil {
			break
		}
	}
	require.False(t, a.STUNServer(moved.Addr()).IsValid(), "it does not answer any more")
	ip, err = a.LocalIP(gateway.Account{Login: "al", Domain: far.String()})
	require.NoError(t, err)
	require.Equal(t, moved.Addr(), ip, "what it told still holds")
	k.left(p)
}

// TestConfiguredAddressNeedsNoSTUN: what STUN tells beside it counts for nothing.
func TestConfiguredAddressNeedsNoSTUN(t *testing.T) {
	server, told := netip.MustParseAddrPort("203.0.113.5:3478"), netip.MustParseAddrPort("198.51.100.7:40001")
	for _, configured := range []bool{true, false} {
		n := newNAT(configured)
		require.True(t, n.reflect(server, told))
		require.Equal(t, !configured, n.teller(told.Addr()).IsValid())
	}
}

func TestSTUNServerIsSilent(t *testing.T) {
	var told atomic.Pointer[netip.AddrPort]
	server := stunServer(t, &told, 0)
	heard := make(chan said, 64)
	a := startAgent(t, func(a *Agent) {
		a.params.STUN, a.timing.beat = server, 100*time.Millisecond
		a.params.OnPublic = func(at netip.AddrPort, err error) { heard <- said{at, err} }
		a.mirror = newMirror(a, server)
	})
	require.ErrorIs(t, (<-heard).err, errNoMirror)
	ip, err := a.LocalIP(gateway.Account{Login: "al", Domain: "203.0.113.5"})
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", ip.String())
	outside := netip.MustParseAddrPort("198.51.100.7:40001")
	told.Store(&outside)
	for s := range heard {
		if s.err == nil {
			require.Equal(t, outside, s.at)
			return
		}
	}
}
