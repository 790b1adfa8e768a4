package rtpio

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
)

const (
	patience = 5 * time.Second
	ourSSRC  = 0x11111111
	peerSSRC = 0x22222222
	video    = 96
	voice    = 8
)

// rig is a session and its peer, on real sockets.
type rig struct {
	t       *testing.T
	session *Session
	ours    *Conn
	peer    *Conn
	packets chan Packet
	reports chan [2]uint64
	asked   chan struct{}
	byes    chan struct{}
}

func newRig(t *testing.T, change func(*SessionParams)) *rig {
	t.Helper()
	pool := NewPool(host, 0, 0, 0)
	ours, err := pool.Open()
	require.NoError(t, err)
	peer, err := pool.Open()
	require.NoError(t, err)
	r := &rig{
		t: t, ours: ours, peer: peer,
		packets: make(chan Packet, 1000), reports: make(chan [2]uint64, 10),
		asked: make(chan struct{}, 10), byes: make(chan struct{}, 10),
	}
	params := SessionParams{
		Conn: ours, SSRC: ourSSRC, CNAME: "gateway@test",
		ClockRates:        map[uint8]int{video: 90000, voice: 8000},
		Handle:            func(p Packet) { r.packets <- p },
		OnReport:          func(ntp uint64, stamp uint32, _ time.Time) { r.reports <- [2]uint64{ntp, uint64(stamp)} },
		OnKeyframeRequest: func() { r.asked <- struct{}{} },
		OnBye:             func() { r.byes <- struct{}{} },
	}
	if change != nil {
		change(&params)
	}
	r.session = NewSession(params)
	r.session.SetRemote(address(peer.RTPPort()), address(peer.RTCPPort()))
	r.session.Start()
	t.Cleanup(func() { r.session.Close(); peer.Close() })
	return r
}

func address(port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(host), uint16(port))
}

// rtpPacket is a packet of the peer whose content tells its number.
func rtpPacket(seq uint16) *rtp.Packet {
	return &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: video, SequenceNumber: seq, Timestamp: uint32(seq) * 3600, SSRC: peerSSRC},
		Payload: []byte{byte(seq >> 8), byte(seq), 'x'},
	}
}

// send sends media from the peer.
func (r *rig) send(seqs ...uint16) {
	r.t.Helper()
	for _, seq := range seqs {
		r.sendFrom(r.peer, rtpPacket(seq))
	}
}

func (r *rig) sendFrom(from *Conn, pkt *rtp.Packet) {
	r.t.Helper()
	b, err := pkt.Marshal()
	require.NoError(r.t, err)
	r.sendRaw(from, b)
}

func (r *rig) sendRaw(from *Conn, b []byte) {
	r.t.Helper()
	_, err := from.rtp.WriteToUDPAddrPort(b, address(r.ours.RTPPort()))
	require.NoError(r.t, err)
}

// sendControl sends RTCP from the peer.
func (r *rig) sendControl(packets ...rtcp.Packet) {
	r.t.Helper()
	b, err := rtcp.Marshal(packets)
	require.NoError(r.t, err)
	_, err = r.peer.rtcp.WriteToUDPAddrPort(b, address(r.ours.RTCPPort()))
	require.NoError(r.t, err)
}

// next is the next packet handed on.
func (r *rig) next() Packet {
	r.t.Helper()
	return receive(r.t, r.packets)
}

// expect asserts which packets are handed on next, by number and content.
func (r *rig) expect(seqs ...uint16) {
	r.t.Helper()
	for _, seq := range seqs {
		pkt := r.next()
		require.Equal(r.t, seq, pkt.SequenceNumber)
		require.Equal(r.t, []byte{byte(seq >> 8), byte(seq), 'x'}, pkt.Payload)
		require.Equal(r.t, uint32(seq)*3600, pkt.Timestamp)
	}
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

// control reads RTCP at the peer until a compound packet satisfies the test.
func (r *rig) control(from *Conn, wanted func([]rtcp.Packet) bool) []rtcp.Packet {
	r.t.Helper()
	b := make([]byte, 2048)
	require.NoError(r.t, from.rtcp.SetReadDeadline(time.Now().Add(patience)))
	for {
		n, src, err := from.rtcp.ReadFromUDPAddrPort(b)
		require.NoError(r.t, err)
		require.EqualValues(r.t, r.ours.RTCPPort(), src.Port())
		packets, err := rtcp.Unmarshal(b[:n])
		require.NoError(r.t, err)
		require.NoError(r.t, rtcp.CompoundPacket(packets).Validate())
		if wanted(packets) {
			return packets
		}
	}
}

// find returns the first packet of a type in a compound packet.
func find[T rtcp.Packet](packets []rtcp.Packet) (found T, ok bool) {
	for _, p := range packets {
		if found, ok = p.(T); ok {
			return found, true
		}
	}
	return found, false
}

func has[T rtcp.Packet](packets []rtcp.Packet) bool {
	_, ok := find[T](packets)
	return ok
}
