package rtpio

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"
)

func missing(numbers ...uint16) *rtcp.TransportLayerNack {
	return &rtcp.TransportLayerNack{
		SenderSSRC: peerSSRC, MediaSSRC: ourSSRC, Nacks: rtcp.NackPairsFromSequenceNumbers(numbers),
	}
}

func resends(p *SessionParams) { p.Resend, p.Feedback.NACK = true, true }

// TestWhatIsMissedIsSentAgain encrypted as it was, though the numbers have begun anew meanwhile.
func TestWhatIsMissedIsSentAgain(t *testing.T) {
	s := newSecret(t, testKeys(sha80, 1), resends)
	var first []byte
	for _, seq := range []uint16{65533, 65534, 65535, 0, 1} {
		require.NoError(t, s.session.Send(rtpPacket(seq)))
		wire := s.wire()
		if seq == 65534 {
			first = wire
			continue // it is lost
		}
		_, err := s.in.DecryptRTP(nil, wire, nil)
		require.NoError(t, err)
	}
	s.sendControl(&rtcp.ReceiverReport{SSRC: peerSSRC}, missing(65534, 77))
	again := s.wire()
	require.Equal(t, first, again)
	b, err := s.in.DecryptRTP(nil, again, nil)
	require.NoError(t, err)
	want := rtpPacket(65534).Payload
	require.Equal(t, want, b[len(b)-len(want):])
	require.EqualValues(t, 1, s.session.Stats().Resent)

	s.sendControl(&rtcp.ReceiverReport{SSRC: peerSSRC}, missing(0, 1))
	for range 2 {
		s.wire()
	}
	require.EqualValues(t, 3, s.session.Stats().Resent)
}

func TestAnotherKeyForgetsWhatWasSent(t *testing.T) {
	s := newSecret(t, testKeys(sha80, 1), resends)
	require.NoError(t, s.session.Send(rtpPacket(1)))
	keys := testKeys(sha80, 2)
	require.NoError(t, s.session.Protect(keys))
	_, packets := s.session.missed(missing(1), time.Now())
	require.Empty(t, packets)
	require.NoError(t, s.session.Send(rtpPacket(2)))
	require.NoError(t, s.session.Protect(keys))
	_, packets = s.session.missed(missing(2), time.Now())
	require.Len(t, packets, 1, "it is the same key")
}

func TestOnlyWhatWasAgreedIsSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*SessionParams)
		nack   *rtcp.TransportLayerNack
	}{
		"audio":          {func(p *SessionParams) { p.Feedback.NACK = true }, missing(1)},
		"not negotiated": {func(p *SessionParams) { p.Resend = true }, missing(1)},
		"of another":     {resends, &rtcp.TransportLayerNack{MediaSSRC: peerSSRC, Nacks: missing(1).Nacks}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.change)
			require.NoError(t, r.session.Send(rtpPacket(1)))
			_, packets := r.session.missed(c.nack, time.Now())
			require.Empty(t, packets)
		})
	}
}

func TestKeptIsBounded(t *testing.T) {
	var k kept
	now := start
	for seq := range uint16(3 * maxKept) {
		k.add(seq, []byte{byte(seq >> 8), byte(seq)}, now)
	}
	require.Len(t, k.packets, maxKept)
	_, ok := k.again(2*maxKept - 1)
	require.False(t, ok, "the oldest have gone")
	for range maxResends {
		wire, ok := k.again(2 * maxKept)
		require.True(t, ok)
		require.Equal(t, []byte{2 * maxKept >> 8, 0}, wire)
	}
	_, ok = k.again(2 * maxKept)
	require.False(t, ok, "it was sent often enough")
	require.EqualValues(t, maxResends, k.resent)

	k.add(3*maxKept, []byte("new"), now.Add(keptFor))
	k.trim(now.Add(keptFor+ms), maxKept)
	require.Len(t, k.packets, 1)
	_, ok = k.again(3 * maxKept)
	require.True(t, ok)
}
