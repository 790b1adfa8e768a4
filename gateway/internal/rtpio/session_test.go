package rtpio

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
)

func TestMediaPassesInOrder(t *testing.T) {
	r := newRig(t, nil)
	r.send(65534, 65535, 1, 0, 2)
	r.expect(65534, 65535, 0, 1, 2)

	stats := r.session.Stats()
	require.EqualValues(t, 5, stats.Packets)
	require.EqualValues(t, 15, stats.Bytes)
	require.EqualValues(t, 1, stats.Reordered)
	require.Zero(t, stats.Lost)
	require.EqualValues(t, peerSSRC, stats.SSRC)
	require.Equal(t, address(r.peer.RTPPort()), stats.Remote)
	require.WithinDuration(t, time.Now(), stats.LastPacket, patience)
}

func TestGapIsGivenUpThoughNothingElseComes(t *testing.T) {
	r := newRig(t, nil)
	r.send(1, 4)
	r.expect(1)
	pkt := r.next()
	require.EqualValues(t, 4, pkt.SequenceNumber)
	require.Equal(t, 2, pkt.Lost)
	require.GreaterOrEqual(t, time.Since(pkt.Arrived), videoHold)
	require.EqualValues(t, 2, r.session.Stats().Lost)
}

func TestMediaFromAnotherAddressThanSignalled(t *testing.T) {
	r := newRig(t, nil)
	pool := NewPool(host, 0, 0, 0)
	nat, err := pool.Open()
	require.NoError(t, err)
	defer nat.Close()
	for seq := range uint16(5) {
		r.sendFrom(nat, rtpPacket(seq))
	}
	r.expect(0, 1, 2, 3, 4) // also those from before it was believed
	require.Equal(t, address(nat.RTPPort()), r.session.Stats().Remote)

	require.NoError(t, r.session.Send(rtpPacket(77)))
	require.EqualValues(t, 77, readRTP(t, nat).SequenceNumber, "media goes back to where it comes from")

	// So does RTCP, until the media moves.
	b, err := (&rtcp.SenderReport{SSRC: peerSSRC, NTPTime: 1}).Marshal()
	require.NoError(t, err)
	_, err = nat.rtcp.WriteToUDPAddrPort(b, address(r.ours.RTCPPort()))
	require.NoError(t, err)
	receive(t, r.reports)
	require.True(t, r.session.RequestKeyframe())
	r.control(nat, has[*rtcp.PictureLossIndication])

	other, err := pool.Open()
	require.NoError(t, err)
	defer other.Close()
	r.sendFrom(other, rtpPacket(500))
	r.sendFrom(nat, rtpPacket(5))
	r.expect(5)
	require.EqualValues(t, 1, r.session.Stats().Discarded)

	r.send(6) // the signalled address begins to send
	r.expect(6)
	require.Equal(t, address(r.peer.RTPPort()), r.session.Stats().Remote)
	require.True(t, r.session.RequestKeyframe())
	r.control(r.peer, has[*rtcp.PictureLossIndication])
}

func readRTP(t *testing.T, at *Conn) *rtp.Packet {
	t.Helper()
	b := make([]byte, 2048)
	require.NoError(t, at.rtp.SetReadDeadline(time.Now().Add(patience)))
	n, err := at.rtp.Read(b)
	require.NoError(t, err)
	pkt := &rtp.Packet{}
	require.NoError(t, pkt.Unmarshal(b[:n]))
	return pkt
}

func TestGarbageIsCounted(t *testing.T) {
	r := newRig(t, nil)
	r.send(1)
	r.expect(1)
	stun := []byte{0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	for _, b := range [][]byte{stun, {}, {0x80}, {0x80, 96}, bytes.Repeat([]byte{0xFF}, 40), make([]byte, 2*maxDatagram)} {
		r.sendRaw(r.peer, b)
	}
	unknown := rtpPacket(2)
	unknown.PayloadType = 13 // comfort noise, not accepted: it is no gap
	r.sendFrom(r.peer, unknown)
	r.send(3)
	pkt := r.next()
	require.EqualValues(t, 3, pkt.SequenceNumber)
	require.Zero(t, pkt.Lost)
	require.EqualValues(t, 7, r.session.Stats().Invalid)
}

func TestPayloadTypesMayChange(t *testing.T) {
	r := newRig(t, nil)
	r.session.SetClockRates(map[uint8]int{97: 90000})
	r.send(1)
	pkt := rtpPacket(2)
	pkt.PayloadType = 97
	r.sendFrom(r.peer, pkt)
	r.expect(2)
}

// Paddings, extensions and contributing sources are not payload.
func TestOnlyThePayloadIsHandedOn(t *testing.T) {
	r := newRig(t, nil)
	pkt := rtpPacket(1)
	pkt.CSRC = []uint32{1, 2, 3}
	require.NoError(t, pkt.SetExtension(1, []byte{1, 2, 3, 4, 5}))
	pkt.Padding, pkt.Header.PaddingSize = true, 9
	r.sendFrom(r.peer, pkt)
	r.expect(1)

	large := rtpPacket(2)
	large.Payload = bytes.Repeat([]byte{7}, 8000)
	r.sendFrom(r.peer, large)
	require.Equal(t, large.Payload, r.next().Payload)
}

// A payload belongs to its receiver: what comes later does not change it.
func TestPayloadsAreIndependent(t *testing.T) {
	r := newRig(t, nil)
	r.send(1, 2)
	one, two := r.next(), r.next()
	_ = append(one.Payload, "overwritten"...)
	require.Equal(t, []byte{0, 2, 'x'}, two.Payload)
	r.send(3)
	r.expect(3)
	require.Equal(t, []byte{0, 1, 'x'}, one.Payload)
}

func TestSend(t *testing.T) {
	r := newRig(t, nil)
	sent := rtpPacket(7)
	sent.Marker = true
	before := *sent
	require.NoError(t, r.session.Send(sent))
	require.Equal(t, before, *sent)
	got := readRTP(t, r.peer)
	require.EqualValues(t, ourSSRC, got.SSRC)
	require.EqualValues(t, 7, got.SequenceNumber)
	require.EqualValues(t, 7*3600, got.Timestamp)
	require.True(t, got.Marker)
	require.Equal(t, sent.Payload, got.Payload)

	sent.Payload = make([]byte, maxSend)
	require.ErrorContains(t, r.session.Send(sent), "too large")
	r.session.SetRemote(address(0), address(0))
	require.ErrorIs(t, r.session.Send(rtpPacket(8)), ErrNoRemote)
}

func TestCloseWithoutStart(t *testing.T) {
	conn, err := NewPool(host, 0, 0, 0).Open()
	require.NoError(t, err)
	session := NewSession(SessionParams{Conn: conn})
	session.Close()
	session.Close()
	require.False(t, session.RequestKeyframe())
	require.ErrorIs(t, session.Send(rtpPacket(1)), ErrNoRemote)
}
