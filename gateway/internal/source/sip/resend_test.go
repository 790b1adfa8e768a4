package sip

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"
)

// TestMissedPicturesAreSentAgain to a phone that says it will ask for them. Sound is not: it would come too late.
func TestMissedPicturesAreSentAgain(t *testing.T) {
	r := newRig(t, true)
	_, err := r.Answer(bytes.Replace(r.phone.sdp("sendrecv", "sendrecv"), []byte("a=rtcp-fb:* nack pli"), []byte("a=rtcp-fb:* nack"), 1))
	require.NoError(t, err)
	missed := receive(t, r.phone.video)
	ask := func(port int, ssrc uint32, number uint16) {
		t.Helper()
		b, err := (&rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{number})}).Marshal()
		require.NoError(t, err)
		_, err = r.phone.ports[port].WriteToUDPAddrPort(b, r.phone.remote[port])
		require.NoError(t, err)
	}
	ask(3, missed.SSRC, missed.SequenceNumber)
	for {
		again := receive(t, r.phone.video)
		if again.SequenceNumber == missed.SequenceNumber {
			require.Equal(t, missed, again)
			break
		}
	}
	require.Eventually(t, func() bool { _, video := r.Stats(); return video.Resent == 1 }, patienceOfTests, time.Millisecond)

	sound := receive(t, r.phone.audio)
	ask(1, sound.SSRC, sound.SequenceNumber)
	for range 10 {
		require.NotEqual(t, sound.SequenceNumber, receive(t, r.phone.audio).SequenceNumber)
	}
	audio, _ := r.Stats()
	require.Zero(t, audio.Resent)
}
