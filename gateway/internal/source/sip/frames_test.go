//go:build cgo && !nolibav

package sip

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/dtmf"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sdp"
)

// newOpusRig is an audioRig whose call is in Opus.
func newOpusRig() *audioRig {
	r := &audioRig{start: time.Now()}
	r.audioIn = newAudioIn(clock.NewTimeline(), []media.Codec{media.Opus, media.PCMA}, func(key rune, way dtmf.Way) {
		r.heard, r.way = r.heard+string(key), way
	})
	r.publishTo(func(u *media.Unit) { r.units = append(r.units, u) })
	r.negotiated(&sdp.Media{
		Payloads:  []sdp.Payload{{Type: 111, Codec: media.Opus, ClockRate: 48000}},
		DTMF:      &sdp.Payload{Type: 110, ClockRate: 48000},
		Direction: sdp.Direction{Send: true, Receive: true},
	})
	r.agreed = r.start
	return r
}

// opus sends the n-th frame of 20 ms.
func (r *audioRig) opus(n int, change ...func(*rtpio.Packet)) {
	p := rtpio.Packet{
		PayloadType: 111, SequenceNumber: uint16(n), Timestamp: 0xFFFFF000 + uint32(n*960), Payload: []byte{0x78, byte(n)},
		Arrived: r.start.Add(time.Duration(n) * frame),
	}
	for _, c := range change {
		c(&p)
	}
	r.handle(p)
}

// TestLostFrameIsLeftToTheDecoder: what was lost leaves a hole of its length, and the unit behind it says so.
func TestLostFrameIsLeftToTheDecoder(t *testing.T) {
	r := newOpusRig()
	r.opus(0)
	r.opus(1)
	r.opus(4, lost(2))
	require.Len(t, r.units, 3)
	for i, at := range []time.Duration{0, 20, 80} {
		require.Equal(t, r.units[0].PTS+at*time.Millisecond, r.units[i].PTS)
		require.Equal(t, frame, r.units[i].Duration)
		require.Equal(t, i == 2, r.units[i].Gap)
		require.Equal(t, media.Format{Codec: media.Opus, SampleRate: 48000, Channels: 1}, *r.units[i].Format)
	}
}

// TestPauseOfFramesIsFilled: nothing was lost, so the other side was silent.
func TestPauseOfFramesIsFilled(t *testing.T) {
	r := newOpusRig()
	r.opus(0)
	r.opus(5)
	require.Len(t, r.units, 6)
	for i, u := range r.units[1:] {
		require.Equal(t, r.units[i].PTS+r.units[i].Duration, u.PTS)
		require.Equal(t, i < 4, u.Fill)
		require.Equal(t, media.Opus, u.Format.Codec)
	}
}

// TestSilentOpusIsReplaced: while nothing comes, coded silence does; frames that come too late for it are left out.
func TestSilentOpusIsReplaced(t *testing.T) {
	r := newOpusRig()
	r.opus(0)
	r.tickTo(0, time.Second)
	filled := len(r.units) - 1
	require.InDelta(t, 40, filled, 2)
	r.opus(20)
	require.Len(t, r.units, 1+filled, "its place is taken")
	r.opus(52)
	last := r.units[len(r.units)-1]
	require.False(t, last.Fill)
	require.Equal(t, r.units[0].PTS+52*frame, last.PTS)
}

// TestOpusBecomesG711: the clock of the stamps changes with the codec, and time goes on.
func TestOpusBecomesG711(t *testing.T) {
	r := newOpusRig()
	for n := range 10 {
		r.opus(n)
	}
	for n := range 10 {
		r.handle(rtpio.Packet{
			PayloadType: 8, SequenceNumber: uint16(10 + n), Timestamp: uint32(77777 + 160*n), Payload: make([]byte, 160),
			Arrived: r.start.Add(time.Duration(10+n) * frame),
		})
	}
	require.Len(t, r.units, 20)
	for i, u := range r.units[1:] {
		require.Equal(t, r.units[i].PTS+frame, u.PTS, "unit %d", i)
	}
	require.Equal(t, media.PCMA, r.units[10].Format.Codec)
	codec, _ := r.stats()
	require.Equal(t, media.PCMA, codec)
}
