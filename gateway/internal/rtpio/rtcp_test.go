package rtpio

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/clock"
)

func TestFirstReceiverReport(t *testing.T) {
	began := time.Now()
	r := newRig(t, nil)
	r.send(10, 11, 13, 14)
	r.expect(10, 11)
	require.Equal(t, 1, r.next().Lost)
	ntp := clock.NTP(time.Now())
	r.sendControl(&rtcp.SenderReport{SSRC: peerSSRC, NTPTime: ntp, RTPTime: 4711})
	require.Equal(t, [2]uint64{ntp, 4711}, receive(t, r.reports))

	packets := r.control(r.peer, has[*rtcp.ReceiverReport])
	require.GreaterOrEqual(t, time.Since(began), firstInterval/2)
	require.Less(t, time.Since(began), reportInterval/2, "before any that follows the first")
	report, _ := find[*rtcp.ReceiverReport](packets)
	require.EqualValues(t, ourSSRC, report.SSRC)
	require.Len(t, report.Reports, 1)
	block := report.Reports[0]
	require.EqualValues(t, peerSSRC, block.SSRC)
	require.EqualValues(t, 1, block.TotalLost)
	require.EqualValues(t, 51, block.FractionLost, "one of five")
	require.EqualValues(t, 14, block.LastSequenceNumber)
	require.Equal(t, uint32(ntp>>16), block.LastSenderReport)
	held := clock.Duration(int64(block.Delay), shortRate)
	require.Positive(t, held)
	require.Less(t, held, time.Since(began))
	name, ok := find[*rtcp.SourceDescription](packets)
	require.True(t, ok)
	require.Equal(t, "gateway@test", name.Chunks[0].Items[0].Text)
	require.InDelta(t, 20, r.session.Stats().LossPercent, 1e-9)
}

func TestSenderReportAndRoundTrip(t *testing.T) {
	before := time.Now()
	r := newRig(t, nil)
	r.session.SetSendClock(8000)
	for seq := range uint16(3) {
		require.NoError(t, r.session.Send(rtpPacket(seq)))
	}
	after := time.Now()
	report, _ := find[*rtcp.SenderReport](r.control(r.peer, has[*rtcp.SenderReport]))
	require.EqualValues(t, ourSSRC, report.SSRC)
	require.EqualValues(t, 3, report.PacketCount)
	require.EqualValues(t, 9, report.OctetCount)
	// The stamp belongs to the moment of the report: the last packet's plus the time since, by the clock that was set.
	at := time.Now()
	since := clock.Duration(int64(report.RTPTime-2*3600), 8000)
	require.GreaterOrEqual(t, since, firstInterval/2-after.Sub(before))
	require.LessOrEqual(t, since, at.Sub(before))

	const held = 1 << 16 / 2 // half a second, which has not passed: the report must be put back by it
	seen := uint32((report.NTPTime - 1<<31 - 1<<28) >> 16)
	r.sendControl(&rtcp.ReceiverReport{SSRC: peerSSRC, Reports: []rtcp.ReceptionReport{
		{SSRC: 999, LastSenderReport: 1, Delay: 1},
		{SSRC: ourSSRC, LastSenderReport: seen, Delay: held},
	}})
	require.Eventually(t, func() bool { return r.session.Stats().RTT > 0 }, patience, ms)
	require.GreaterOrEqual(t, r.session.Stats().RTT, 62*ms)
	require.Less(t, r.session.Stats().RTT, patience)
}

func TestKeyframeRequests(t *testing.T) {
	for _, c := range []struct {
		name     string
		feedback Feedback
		pli, fir bool
	}{
		{"nothing negotiated", Feedback{}, true, true},
		{"PLI", Feedback{PLI: true}, true, false},
		{"FIR", Feedback{FIR: true}, false, true},
		{"both", Feedback{PLI: true, FIR: true}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.session.SetFeedback(c.feedback)
			require.False(t, r.session.RequestKeyframe(), "the source is not known yet")
			r.send(1)
			r.expect(1)
			for number := range uint8(2) {
				require.True(t, r.session.RequestKeyframe())
				packets := r.control(r.peer, func(p []rtcp.Packet) bool {
					return has[*rtcp.PictureLossIndication](p) || has[*rtcp.FullIntraRequest](p)
				})
				pli, ok := find[*rtcp.PictureLossIndication](packets)
				require.Equal(t, c.pli, ok)
				if ok {
					require.Equal(t, rtcp.PictureLossIndication{SenderSSRC: ourSSRC, MediaSSRC: peerSSRC}, *pli)
				}
				fir, ok := find[*rtcp.FullIntraRequest](packets)
				require.Equal(t, c.fir, ok)
				if ok {
					require.Equal(t, []rtcp.FIREntry{{SSRC: peerSSRC, SequenceNumber: number + 1}}, fir.FIR)
				}
			}
		})
	}
}

func TestMissingPacketIsAskedForAndRepaired(t *testing.T) {
	r := newRig(t, func(p *SessionParams) { p.Feedback.NACK = true })
	r.send(1, 2, 5)
	r.expect(1, 2)
	nack, _ := find[*rtcp.TransportLayerNack](r.control(r.peer, has[*rtcp.TransportLayerNack]))
	require.EqualValues(t, peerSSRC, nack.MediaSSRC)
	require.Equal(t, []uint16{3, 4}, nack.Nacks[0].PacketList())
	r.send(3, 4)
	r.expect(3, 4, 5)
	require.Zero(t, r.session.Stats().Lost)
}

func TestPeerAsksForKeyframe(t *testing.T) {
	r := newRig(t, nil)
	opening := &rtcp.ReceiverReport{SSRC: peerSSRC}
	old := rtcp.RawPacket{0x80, typeOldFIR, 0, 1, 0, 0, 0, 1}
	for _, request := range []rtcp.Packet{
		&rtcp.PictureLossIndication{SenderSSRC: peerSSRC, MediaSSRC: ourSSRC},
		&rtcp.FullIntraRequest{SenderSSRC: peerSSRC, FIR: []rtcp.FIREntry{{SSRC: ourSSRC}}},
		&old,
	} {
		r.sendControl(opening, request)
		receive(t, r.asked)
	}
	r.sendControl(opening, &rtcp.TransportLayerNack{SenderSSRC: peerSSRC, MediaSSRC: ourSSRC})
	r.sendControl(opening, &rtcp.Goodbye{Sources: []uint32{peerSSRC}})
	receive(t, r.byes)
	require.Empty(t, r.asked)
}

func TestGoodbyeOfTheSourceOnly(t *testing.T) {
	r := newRig(t, nil)
	r.send(1)
	r.expect(1)
	r.sendControl(&rtcp.ReceiverReport{SSRC: 5}, &rtcp.Goodbye{Sources: []uint32{5}})
	r.sendControl(&rtcp.SenderReport{SSRC: 5, NTPTime: 1 << 40}) // of another source
	r.sendControl(&rtcp.ReceiverReport{SSRC: peerSSRC}, &rtcp.Goodbye{Sources: []uint32{5, peerSSRC}})
	receive(t, r.byes)
	require.Empty(t, r.byes)
	require.Empty(t, r.reports)
}

func TestFaultyControlCountsUpToTheFault(t *testing.T) {
	pli := []byte{0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2}
	for name, tail := range map[string][]byte{
		"goodbye that claims to be longer":      {0x81, 203, 0, 9, 0, 0, 0, 1},
		"goodbye of more sources than it holds": {0x9F, 203, 0, 1, 0, 0, 0, 1},
		"report cut short":                      {0x81, 200, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
		"header cut short":                      {0x81, 200, 0},
		"another version":                       {0x01, 200, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			_, err := r.peer.rtcp.WriteToUDPAddrPort(append(pli, tail...), address(r.ours.RTCPPort()))
			require.NoError(t, err)
			receive(t, r.asked)
			require.Eventually(t, func() bool { return r.session.Stats().Invalid == 1 }, patience, ms)
		})
	}
}

func TestControlOnTheMediaPort(t *testing.T) {
	r := newRig(t, nil)
	r.send(1)
	r.expect(1)
	b, err := (&rtcp.SenderReport{SSRC: peerSSRC, NTPTime: 1 << 40, RTPTime: 5}).Marshal()
	require.NoError(t, err)
	r.sendRaw(r.peer, b)
	require.Equal(t, [2]uint64{1 << 40, 5}, receive(t, r.reports))

	require.True(t, r.session.RequestKeyframe())
	buffer := make([]byte, 2048)
	require.NoError(t, r.peer.rtp.SetReadDeadline(time.Now().Add(patience)))
	n, src, err := r.peer.rtp.ReadFromUDPAddrPort(buffer)
	require.NoError(t, err)
	require.EqualValues(t, r.ours.RTPPort(), src.Port())
	packets, err := rtcp.Unmarshal(buffer[:n])
	require.NoError(t, err)
	require.True(t, has[*rtcp.PictureLossIndication](packets))
}

func TestGoodbyeAtTheEnd(t *testing.T) {
	r := newRig(t, nil)
	r.send(1)
	r.expect(1)
	r.session.Close()
	bye, _ := find[*rtcp.Goodbye](r.control(r.peer, has[*rtcp.Goodbye]))
	require.Equal(t, []uint32{ourSSRC}, bye.Sources)
}
