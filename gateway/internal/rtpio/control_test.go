package rtpio

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhereControlGoes(t *testing.T) {
	beside := netip.AddrPortFrom(signalled.Addr(), signalled.Port()+7)
	heard := netip.AddrPortFrom(natted.Addr(), 60000)
	for _, c := range []struct {
		name    string
		latch   latch
		control control
		want    netip.AddrPort
	}{
		{"nowhere", latch{}, control{}, netip.AddrPort{}},
		{"as signalled", latch{signalled: signalled}, control{signalled: beside}, beside},
		{"as signalled, and media comes from there", latch{signalled: signalled, locked: signalled}, control{signalled: beside}, beside},
		{"not signalled", latch{signalled: signalled}, control{}, netip.AddrPortFrom(signalled.Addr(), signalled.Port()+1)},
		{"media comes from elsewhere", latch{signalled: signalled, locked: natted}, control{signalled: beside}, netip.AddrPortFrom(natted.Addr(), natted.Port()+1)},
		{"it was heard", latch{signalled: signalled, locked: natted}, control{signalled: beside, heard: heard}, heard},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, muxed := c.control.remote(&c.latch)
			require.Equal(t, c.want, got)
			require.False(t, muxed)
		})
	}
}

func TestWhoseControlIsAccepted(t *testing.T) {
	l := latch{signalled: signalled, locked: natted}
	c := control{signalled: netip.AddrPortFrom(signalled.Addr(), 9)}
	require.True(t, c.accepts(netip.AddrPortFrom(signalled.Addr(), 1234), &l, start))
	require.True(t, c.accepts(netip.AddrPortFrom(natted.Addr(), 1234), &l, start))
	require.False(t, c.accepts(third, &l, start))
	require.False(t, new(control).accepts(third, &latch{}, start))
}

// TestOnePortOfTheHostSpeaks, once one has: another may when it has been silent.
func TestOnePortOfTheHostSpeaks(t *testing.T) {
	l := latch{signalled: signalled, locked: natted}
	first, other := netip.AddrPortFrom(natted.Addr(), 1), netip.AddrPortFrom(natted.Addr(), 2)
	asked := netip.AddrPortFrom(signalled.Addr(), 9)
	c := control{signalled: asked}
	c.hear(first, false, start)
	require.True(t, c.accepts(first, &l, start))
	require.False(t, c.accepts(other, &l, start.Add(controlSilence-1)))
	for _, known := range []netip.AddrPort{asked, signalled, natted} {
		require.True(t, c.accepts(known, &l, start), "it was signalled, or media comes from there")
	}
	require.True(t, c.accepts(other, &l, start.Add(controlSilence)))
}
