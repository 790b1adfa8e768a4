package rtpio

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	signalled = netip.MustParseAddrPort("192.0.2.1:4000")
	natted    = netip.MustParseAddrPort("198.51.100.7:50123")
	third     = netip.MustParseAddrPort("203.0.113.9:666")
	beside    = netip.MustParseAddrPort("192.0.2.1:4002")
)

func TestLatch(t *testing.T) {
	type step struct {
		src  netip.AddrPort
		seq  uint16
		at   time.Duration
		want verdict
	}
	for _, c := range []struct {
		name      string
		signal    netip.AddrPort
		host      netip.Addr
		steps     []step
		locked    netip.AddrPort
		discarded uint64
	}{
		{"the signalled source at once", signalled, netip.Addr{}, []step{{signalled, 1, 0, joined}, {signalled, 2, 0, known}}, signalled, 0},
		{"another after a few packets", signalled, netip.Addr{}, []step{
			{natted, 1, 0, waiting}, {natted, 2, 0, waiting}, {natted, 3, 0, joined}, {natted, 4, 0, known},
		}, natted, 0},
		{"nothing signalled yet", netip.AddrPort{}, netip.Addr{}, []step{
			{natted, 1, 0, waiting}, {natted, 2, 0, waiting}, {natted, 3, 0, joined},
		}, natted, 0},
		{"numbers at random do not count", signalled, netip.Addr{}, []step{
			{natted, 1, 0, waiting}, {natted, 9000, 0, waiting}, {natted, 20000, 0, waiting}, {natted, 5, 0, waiting},
		}, netip.AddrPort{}, 3},
		{"two strangers in turn", signalled, netip.Addr{}, []step{
			{natted, 1, 0, waiting}, {third, 2, 0, waiting}, {natted, 2, 0, waiting}, {third, 3, 0, waiting},
		}, netip.AddrPort{}, 3},
		{"strangers are ignored", signalled, netip.Addr{}, []step{
			{signalled, 1, 0, joined}, {third, 1, 0, stranger}, {third, 2, 0, stranger}, {third, 3, 0, stranger}, {signalled, 2, 0, known},
		}, signalled, 3},
		{"the signalled source is preferred", signalled, netip.Addr{}, []step{
			{natted, 1, 0, waiting},
			{natted, 2, 0, waiting},
			{natted, 3, 0, joined},
			{signalled, 9, 20 * ms, joined},
			{natted, 4, 20 * ms, stranger},
			{signalled, 10, 40 * ms, known},
		}, signalled, 1},
		{"after silence another may come", signalled, netip.Addr{}, []step{
			{signalled, 1, 0, joined},
			{natted, 1, silence - ms, stranger},
			{natted, 2, silence, waiting},
			{natted, 3, silence, waiting},
			{natted, 4, silence, joined},
		}, natted, 1},
		{"the silent one comes back in time", signalled, netip.Addr{}, []step{
			{signalled, 1, 0, joined},
			{natted, 2, silence, waiting},
			{signalled, 2, silence, known},
			{natted, 3, silence, stranger},
		}, signalled, 2},
		{"another port of the signalled host ousts a stranger that goes on", signalled, netip.Addr{}, []step{
			{third, 1, 0, waiting},
			{third, 2, 0, waiting},
			{third, 3, 0, joined},
			{beside, 70, 10 * ms, waiting},
			{third, 4, 20 * ms, known},
			{beside, 71, 30 * ms, waiting},
			{third, 5, 40 * ms, known},
			{beside, 72, 50 * ms, joined},
			{third, 6, 60 * ms, stranger},
			{beside, 73, 70 * ms, known},
		}, beside, 1},
		{"so does a port of the host that signals", signalled, natted.Addr(), []step{
			{third, 1, 0, waiting},
			{third, 2, 0, waiting},
			{third, 3, 0, joined},
			{natted, 70, 10 * ms, waiting},
			{natted, 71, 10 * ms, waiting},
			{natted, 72, 10 * ms, joined},
			{third, 4, 20 * ms, stranger},
		}, natted, 1},
		{"also before anything is signalled", netip.AddrPort{}, natted.Addr(), []step{
			{third, 1, 0, waiting},
			{third, 2, 0, waiting},
			{third, 3, 0, joined},
			{natted, 70, 10 * ms, waiting},
			{natted, 71, 10 * ms, waiting},
			{natted, 72, 10 * ms, joined},
		}, natted, 0},
		{"strangers do not get between", signalled, netip.Addr{}, []step{
			{beside, 70, 0, waiting},
			{third, 1, 0, stranger},
			{third, 2, 0, stranger},
			{third, 3, 0, stranger},
			{beside, 71, 0, waiting},
			{beside, 72, 0, joined},
		}, beside, 3},
		{"who does not go on keeps nobody away", signalled, netip.Addr{}, []step{
			{beside, 70, 0, waiting},
			{third, 1, silence - ms, stranger},
			{third, 2, silence, waiting},
			{third, 3, silence, waiting},
			{third, 4, silence, joined},
		}, third, 2},
		{"of one host the first stays", signalled, natted.Addr(), []step{
			{natted, 1, 0, waiting},
			{natted, 2, 0, waiting},
			{natted, 3, 0, joined},
			{beside, 1, 0, stranger},
			{beside, 2, 0, stranger},
			{beside, 3, 0, stranger},
			{natted, 4, 0, known},
		}, natted, 3},
		{"numbers at random do not count there either", signalled, netip.Addr{}, []step{
			{third, 1, 0, waiting},
			{third, 2, 0, waiting},
			{third, 3, 0, joined},
			{beside, 70, 0, waiting},
			{beside, 9000, 0, waiting},
			{beside, 20000, 0, waiting},
			{third, 4, 0, known},
		}, third, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l latch
			l.host = c.host
			l.signal(c.signal)
			for i, s := range c.steps {
				pkt := Packet{SequenceNumber: s.seq, Arrived: start.Add(s.at)}
				got := l.judge(s.src, &pkt)
				require.Equal(t, s.want, got, "step %d", i)
				switch got {
				case waiting:
					l.waiting = append(l.waiting, pkt)
				case joined:
					l.admit()
				}
			}
			require.Equal(t, c.locked, l.locked)
			require.Equal(t, c.discarded, l.discarded)
		})
	}
}

func TestLatchFollowsTheSignalling(t *testing.T) {
	var l latch
	lock := func(src netip.AddrPort) {
		for seq := range uint16(probation) {
			pkt := Packet{SequenceNumber: seq, Arrived: start}
			if l.judge(src, &pkt) == waiting {
				l.waiting = append(l.waiting, pkt)
				continue
			}
			l.admit()
		}
	}
	lock(beside) // early media
	l.signal(signalled)
	require.Equal(t, beside, l.remote(), "the first answer does not end early media")
	l.signal(signalled)
	require.Equal(t, beside, l.remote(), "the same again")
	l.signal(third)
	require.Equal(t, third, l.remote(), "another one does")
	l.signal(netip.AddrPort{})
	require.False(t, l.remote().IsValid())
}

// TestLatchForgetsStrangers who were first, once the peer's address is known, and believes the host that signals no more when
// another address is told: that may be of somebody else.
func TestLatchForgetsStrangers(t *testing.T) {
	l := latch{host: natted.Addr(), locked: third}
	l.signal(signalled)
	require.Equal(t, signalled, l.remote())
	l.locked = natted
	require.Equal(t, sameHost, l.closeness(natted))
	l.signal(beside)
	require.Equal(t, beside, l.remote())
	require.Equal(t, foreign, l.closeness(natted))
}
