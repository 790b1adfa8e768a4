package rtpio

import (
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/stun"
	"callcast/gateway/internal/stun/stuntest"
)

var (
	outside = netip.MustParseAddrPort("198.51.100.7:40001")
	wrong   = netip.MustParseAddrPort("203.0.113.9:6666")
)

func openPair(t *testing.T) *Conn {
	t.Helper()
	conn, err := NewPool(host, 0, 0, 0).Open()
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return conn
}

// shifted is how a port looks behind a NAT of the tests.
func shifted(port netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(outside.Addr(), port.Port()^1<<15)
}

func TestPortsAsTheyAreSeen(t *testing.T) {
	server := stuntest.Serve(t, func(request []byte, from netip.AddrPort) []byte { return stuntest.Answer(request, shifted(from)) })
	audio, video := openPair(t), openPair(t)
	rtp, rtcp := audio.Seen(signalled.Addr())
	require.Equal(t, netip.AddrPortFrom(signalled.Addr(), uint16(audio.RTPPort())), rtp, "nobody was asked")
	require.Equal(t, netip.AddrPortFrom(signalled.Addr(), uint16(audio.RTCPPort())), rtcp)
	require.NoError(t, Reflect(server, audio, video))
	for _, c := range []*Conn{audio, video} {
		rtp, rtcp = c.Seen(signalled.Addr())
		require.Equal(t, shifted(address(c.RTPPort())), rtp)
		require.Equal(t, shifted(address(c.RTCPPort())), rtcp)
	}
}

// TestAnswersOfOthersAreNotBelieved: what is wrong, or comes from elsewhere, is passed over; the answer to the next question
// counts.
func TestAnswersOfOthersAreNotBelieved(t *testing.T) {
	stranger, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(address(0)))
	require.NoError(t, err)
	defer func() { _ = stranger.Close() }()
	with := func(change func(answer []byte)) func([]byte, netip.AddrPort) []byte {
		return func(request []byte, _ netip.AddrPort) []byte {
			answer := stuntest.Answer(request, wrong)
			change(answer)
			return answer
		}
	}
	for name, first := range map[string]func(request []byte, from netip.AddrPort) []byte{
		"garbage":      func([]byte, netip.AddrPort) []byte { return []byte("garbage") },
		"a packet":     func([]byte, netip.AddrPort) []byte { return []byte{0x80, 8, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 0xD5} },
		"no cookie":    with(func(b []byte) { b[4]++ }),
		"other number": with(func(b []byte) { b[12]++ }),
		"an error":     with(func(b []byte) { b[1] = 0x11 }),
		"a request":    with(func(b []byte) { b[0], b[1] = 0, 1 }),
		"no address":   with(func(b []byte) { b[21] = 0x21 }),
		"port 0":       with(func(b []byte) { b[26], b[27] = b[4], b[5] }),
		"cut off":      func(request []byte, _ netip.AddrPort) []byte { return stuntest.Answer(request, wrong)[:28] },
		"somebody else's": func(request []byte, from netip.AddrPort) []byte {
			_, _ = stranger.WriteToUDPAddrPort(stuntest.Answer(request, wrong), from)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			server := stuntest.Serve(t, func(request []byte, from netip.AddrPort) []byte {
				if asked.Add(1) == 1 {
					return first(request, from)
				}
				return stuntest.Answer(request, outside)
			})
			conn := openPair(t)
			told, err := ask(conn.rtp, server)
			require.NoError(t, err)
			require.Equal(t, outside, told)
			require.EqualValues(t, 2, asked.Load())
		})
	}
}

// TestSTUNServerIsSilent: the port of which it does not tell is named as it is.
func TestSTUNServerIsSilent(t *testing.T) {
	conn := openPair(t)
	server := stuntest.Serve(t, func(request []byte, from netip.AddrPort) []byte {
		if int(from.Port()) == conn.RTPPort() {
			return nil
		}
		return stuntest.Answer(request, outside)
	})
	require.ErrorIs(t, Reflect(server, conn), errNoMirror)
	rtp, rtcp := conn.Seen(third.Addr())
	require.Equal(t, netip.AddrPortFrom(third.Addr(), uint16(conn.RTPPort())), rtp)
	require.Equal(t, outside, rtcp)
}

// TestLateAnswerIsNoGarbage: the server may answer every repetition; STUN of others is what it was.
func TestLateAnswerIsNoGarbage(t *testing.T) {
	asked := make(chan stun.Request, 10)
	var socket atomic.Pointer[netip.AddrPort]
	server := stuntest.Serve(t, func(request []byte, from netip.AddrPort) []byte {
		if int(from.Port())%2 == 0 {
			socket.Store(&from)
		}
		asked <- stun.Request(request)
		return stuntest.Answer(request, outside)
	})
	r := newRig(t, func(p *SessionParams) { require.NoError(t, Reflect(server, p.Conn)) })
	request := receive(t, asked)
	late := stuntest.Answer(request[:], outside)
	r.sendRaw(r.peer, late)
	r.send(1)
	r.expect(1)
	require.EqualValues(t, 1, r.session.Stats().Invalid, "the peer's")
	require.True(t, r.ours.mirrored.late(late, server))
	require.False(t, r.ours.mirrored.late(late, address(r.peer.RTPPort())))
	require.False(t, r.ours.mirrored.late([]byte{0x80, 8}, server))
}

// TestPortsAreKeptOpen: before the peer has said where it is, and again when it names no address; by both ports, of those only
// that were asked of.
func TestPortsAreKeptOpen(t *testing.T) {
	kept := make(chan int, 10)
	server := stuntest.Serve(t, func(b []byte, from netip.AddrPort) []byte {
		if b[1] == 0x11 {
			kept <- int(from.Port())
			return nil
		}
		return stuntest.Answer(b, outside)
	})
	conn := openPair(t)
	s := NewSession(SessionParams{Conn: conn})
	now := time.Now()
	s.keepOpen(now.Add(time.Hour))
	require.NoError(t, Reflect(server, conn))
	expect := func(after time.Duration) {
		t.Helper()
		s.keepOpen(now.Add(after))
		require.ElementsMatch(t, []int{conn.RTPPort(), conn.RTCPPort()}, []int{receive(t, kept), receive(t, kept)})
	}
	now = conn.mirrored.kept
	s.keepOpen(now.Add(keepPeriod - 1))
	expect(keepPeriod)
	s.keepOpen(now.Add(keepPeriod + 1))
	expect(2 * keepPeriod)
	s.SetRemote(signalled, signalled)
	s.keepOpen(now.Add(4 * keepPeriod))
	s.SetRemote(netip.AddrPortFrom(netip.IPv4Unspecified(), 4000), netip.AddrPort{})
	expect(5 * keepPeriod)
	require.Empty(t, kept)
}
