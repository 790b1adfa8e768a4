package sip

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/rtpio"
)

// TestStarvedSenderKeepsTheTime plays a phone on a machine that is too busy: again and again it stands still, then sends
// what it owes in a rush. However often, the stream is as long as the call.
func TestStarvedSenderKeepsTheTime(t *testing.T) {
	for _, stall := range []time.Duration{300, 600, 1000, 1900, 2500, 4000} {
		stall *= time.Millisecond
		t.Run(fmt.Sprint(stall), func(t *testing.T) {
			r := newAudioRig()
			r.agree("PCMA")
			took := playStarved(r, stall, 8)
			requireGapless(t, r.units)
			last := r.units[len(r.units)-1]
			require.InDelta(t, took.Seconds(), (last.PTS + last.Duration).Seconds(), 0.4)
		})
	}
}

// playStarved sends packets that are due each 20 ms, but stops for a while at the end of each round, and then sends one each 4 ms until
// it is in time again. It returns how long that took.
func playStarved(r *audioRig, stall time.Duration, rounds int) time.Duration {
	const round, hurry = 8 * time.Second, 4 * time.Millisecond
	n, took := 0, time.Duration(rounds)*round
	for at := time.Duration(0); at < took; at += hurry {
		if at%frame == 0 {
			r.tick(r.start.Add(at))
		}
		due := time.Duration(n) * frame
		if at%round >= round-stall || due > at {
			continue
		}
		r.send(n, frameSamples, func(p *rtpio.Packet) { p.Arrived = r.start.Add(at) })
		n++
	}
	return took
}
