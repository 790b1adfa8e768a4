package rtpio

import (
	"testing"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"
)

// TestHijackChangesNothing: while the peer speaks, packets from another port are discarded, however they pass themselves
// off, and what we send goes where it went.
func TestHijackChangesNothing(t *testing.T) {
	r := newRig(t, nil)
	intruder, err := NewPool(host, 0, 0, 0).Open()
	require.NoError(t, err)
	defer intruder.Close()
	r.send(1)
	r.expect(1)
	discarded := uint64(0)
	for seq := uint16(2); seq < 60; seq++ {
		for _, ssrc := range []uint32{peerSSRC, peerSSRC + 1} {
			pkt := rtpPacket(seq)
			pkt.SSRC, pkt.Payload = ssrc, []byte("evil")
			r.sendFrom(intruder, pkt)
			discarded++
		}
		r.settle(discarded)
		r.send(seq)
		r.expect(seq)
	}
	require.NoError(t, r.session.Send(rtpPacket(1)))
	require.NotEmpty(t, r.wire(), "it still goes to the peer")
	require.Equal(t, address(r.peer.RTPPort()), r.session.Stats().Remote)
	require.EqualValues(t, peerSSRC, r.session.Stats().SSRC)
	require.Zero(t, r.session.Stats().Lost+r.session.Stats().Duplicates)
}

// TestStrangersControlIsRefused even from the peer's own host, once the peer has spoken.
func TestStrangersControlIsRefused(t *testing.T) {
	r := newRig(t, nil)
	intruder, err := NewPool(host, 0, 0, 0).Open()
	require.NoError(t, err)
	defer intruder.Close()
	r.send(1)
	r.expect(1)
	r.sendControl(&rtcp.SenderReport{SSRC: peerSSRC, NTPTime: 1, RTPTime: 1})
	receive(t, r.reports)
	evil, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.SenderReport{SSRC: peerSSRC, NTPTime: 666}, &rtcp.Goodbye{Sources: []uint32{peerSSRC}},
	})
	require.NoError(t, err)
	for _, to := range []int{r.ours.RTCPPort(), r.ours.RTPPort()} {
		_, err = intruder.rtcp.WriteToUDPAddrPort(evil, address(to))
		require.NoError(t, err)
	}
	r.settle(2)
	require.True(t, r.session.RequestKeyframe())
	require.True(t, has[*rtcp.PictureLossIndication](r.control(r.peer, has[*rtcp.PictureLossIndication])), "it still goes to the peer")
	require.Empty(t, r.reports)
	require.Empty(t, r.byes)
}

// TestGoodbyeThatLies about its length or about how many leave is invalid.
func TestGoodbyeThatLies(t *testing.T) {
	r := newRig(t, nil)
	r.send(1)
	r.expect(1)
	for _, b := range [][]byte{
		{0x9F, 203, 0, 1, 0x22, 0x22, 0x22, 0x22},    // 31 sources in one word
		{0x81, 203, 0, 255, 0x22, 0x22, 0x22, 0x22},  // longer than what came
		{0x82, 203, 0, 1, 0x22, 0x22, 0x22, 0x22},    // the second is missing
		{0x81, 203, 0, 2, 0x22, 0x22, 0x22, 0x22, 9}, // cut off
	} {
		invalid := r.session.Stats().Invalid
		_, err := r.peer.rtcp.WriteToUDPAddrPort(b, address(r.ours.RTCPPort()))
		require.NoError(t, err)
		require.Eventually(t, func() bool { return r.session.Stats().Invalid == invalid+1 }, patience, ms, "% x", b)
	}
	require.Empty(t, r.byes)
	r.send(2)
	r.expect(2)
	r.sendControl(&rtcp.ReceiverReport{SSRC: peerSSRC}, &rtcp.Goodbye{Sources: []uint32{peerSSRC}})
	receive(t, r.byes)
}
