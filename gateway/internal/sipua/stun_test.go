package sipua

import (
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// TestReflectedAddress reads the answers that RFC 5769 gives as examples, and broken ones.
func TestReflectedAddress(t *testing.T) {
	const (
		software = "8022000b 7465737420766563746f7220 "
		id       = "b7e7a701bc34d686fa87dfae "
		four     = "0101003c 2112a442 " + id + software + "00200008 0001a147e112a643"
		six      = "01010048 2112a442 " + id + software + "00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
		plain    = "0101000c 2112a442 " + id + "00010008 00018055c0000201"
	)
	for text, want := range map[string]string{
		four:                      "192.0.2.1:32853",
		six:                       "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
		plain:                     "192.0.2.1:32853",
		"0101000c 2112a442 " + id: "", // nothing inside
		"0111000c 2112a442 " + id + "00010008 00018055c0000201": "", // an error
		"0101000c 2112a442 " + id + "00010009 00018055c0000201": "", // longer than it is
		"0101000c 2112a442 " + id + "00200003 00018000":         "",
		"0101000c 2112a442 " + id + "00010008 00028055c0000201": "", // version six, it says
		"0101000c 2112a442 " + id + "00010008 0001805500000000": "",
		"0101": "",
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
		require.NoError(t, err, text)
		before := string(b)
		told, ok := reflected(b)
		require.Equal(t, want != "", ok, text)
		if ok {
			require.Equal(t, want, told.String())
		}
		require.Equal(t, before, string(b), "input is not modified")
	}
}

// stunServer tells everybody that they are at told, but for the first few whom it does not hear.
func stunServer(t *testing.T, told *atomic.Pointer[netip.AddrPort], deafTo int) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for heard := 0; ; heard++ {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			at := told.Load()
			if n != stunHeader || heard < deafTo || at == nil {
				continue
			}
			value := binary.BigEndian.AppendUint16([]byte{0, 1}, at.Port()^0x2112)
			value = binary.BigEndian.AppendUint32(value, binary.BigEndian.Uint32(at.Addr().AsSlice())^stunCookie)
			answer := append([]byte{1, 1, 0, 12}, buf[4:stunHeader]...)
			answer = append(append(answer, 0, 0x20, 0, 8), value...)
			_, _ = conn.WriteTo(answer, from)
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return conn.LocalAddr().String()
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

	moved := netip.MustParseAddrPort("198.51.100.8:40002")
	told.Store(&moved)
	p.reply(p.expect(sip.REGISTER), 200) // at once
	way, err = a.path(t.Context(), hop{transport: "UDP", remote: far})
	require.NoError(t, err)
	require.Equal(t, moved, way.local)
	k.left(p)
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
