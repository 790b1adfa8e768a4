package sip

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

// TestHeldFromHere: while we hold, what the phone still sends is not taken, the stream goes on without a hole, and the
// phone goes on getting ours; what is refused is undone.
func TestHeldFromHere(t *testing.T) {
	r := newRig(t, true)
	_, err := r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	loud := bytes.Repeat([]byte{0x2A}, frameSamples)
	heard := func(u *media.Unit) bool { return u.Kind() == media.Audio && bytes.Contains(u.Payload, loud[:8]) }
	var stamp uint32
	speak := func() {
		stamp += frameSamples
		r.phone.send(0, 8, stamp, false, loud)
	}
	speak()
	r.collect(t, func(units []*media.Unit) bool {
		return len(units) > 0 && heard(units[len(units)-1])
	})

	offer, undo := r.Hold(true)
	require.Contains(t, string(offer), "a=sendonly")
	require.NotContains(t, string(offer), "a=sendrecv")
	require.Contains(t, string(offer), fmt.Sprintf(" %d 2 IN IP4", r.local.SessionID))
	undo()
	offer, _ = r.Hold(true)
	require.Contains(t, string(offer), fmt.Sprintf(" %d 3 IN IP4", r.local.SessionID), "the other side has seen those before")
	_, err = r.Answer(r.phone.sdp("recvonly", "recvonly"))
	require.NoError(t, err)
	require.False(t, r.Held(), "it takes what we send")
	for len(r.phone.audio) > 0 {
		<-r.phone.audio
	}
	receive(t, r.phone.audio)
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	var units []*media.Unit
	for len(of(media.Audio, units)) < 25 {
		<-ticker.C
		speak()
		units = append(units, r.collect(t, func(units []*media.Unit) bool { return len(units) > 0 })...)
	}
	requireGapless(t, of(media.Audio, units))
	for _, u := range of(media.Audio, units[5:]) { // what was on its way may come first
		require.False(t, heard(u), "we do not listen")
	}

	offer, _ = r.Hold(false)
	require.Contains(t, string(offer), "a=sendrecv")
	_, err = r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	r.collect(t, func(units []*media.Unit) bool {
		speak()
		return len(units) > 0 && heard(units[len(units)-1])
	})
}

func TestHeldByTheOtherSide(t *testing.T) {
	r := newRig(t, true)
	_, err := r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	require.False(t, r.Held())
	for direction, held := range map[string]bool{"sendonly": true, "inactive": true, "sendrecv": false, "recvonly": false} {
		_, err := r.Reoffer(r.phone.sdp(direction, direction))
		require.NoError(t, err)
		require.Equal(t, held, r.Held(), direction)
	}
	_, err = r.Reoffer(bytes.ReplaceAll(r.phone.sdp("sendrecv", "sendrecv"), []byte("c=IN IP4 127.0.0.1"), []byte("c=IN IP4 0.0.0.0")))
	require.NoError(t, err)
	require.True(t, r.Held(), "the old way (RFC 2543)")
}
