package sip

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/dtmf"
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sdp"
)

// audioRig is an audioIn with a clock that the test moves.
type audioRig struct {
	*audioIn
	start time.Time
	units []*media.Unit
	heard string
	way   dtmf.Way
}

func newAudioRig() *audioRig {
	r := &audioRig{start: time.Now()}
	r.audioIn = newAudioIn(clock.NewTimeline(), []media.Codec{media.PCMA, media.PCMU}, func(key rune, way dtmf.Way) {
		r.heard, r.way = r.heard+string(key), way
	})
	r.publishTo(func(u *media.Unit) { r.units = append(r.units, u) })
	return r
}

func (r *audioRig) agree(codec media.Codec) {
	types := map[media.Codec]uint8{media.PCMA: 8, media.PCMU: 0}
	r.negotiated(&sdp.Media{Payloads: []sdp.Payload{{Type: types[codec], Codec: codec, ClockRate: audioRate}}, Direction: sdp.Direction{Send: true, Receive: true}})
	r.agreed = r.start
}

// packet is the n-th packet of samples each, which all have the value n+1.
func (r *audioRig) send(n, samples int, change ...func(*rtpio.Packet)) {
	p := rtpio.Packet{
		PayloadType: 8, SequenceNumber: uint16(n), Timestamp: 0xFFFFFF00 + uint32(n*samples),
		Payload: slices.Repeat([]byte{byte(n + 1)}, samples),
		Arrived: r.start.Add(time.Duration(n*samples) * time.Second / audioRate),
	}
	for _, c := range change {
		c(&p)
	}
	r.handle(p)
}

// tickTo lets the pacer run from one time to another.
func (r *audioRig) tickTo(from, to time.Duration) {
	for at := from; at <= to; at += frame {
		r.tick(r.start.Add(at))
	}
}

// requireGapless asserts that each unit begins where the one before ended.
func requireGapless(t *testing.T, units []*media.Unit) {
	t.Helper()
	require.NotEmpty(t, units)
	for i, u := range units {
		require.Equal(t, clock.Duration(int64(len(u.Payload)), audioRate), u.Duration)
		require.True(t, u.Key)
		require.False(t, u.Gap)
		require.Equal(t, u.PTS, u.DTS)
		if i > 0 {
			require.Equal(t, units[i-1].PTS+units[i-1].Duration, u.PTS, "unit %d", i)
		}
	}
}

func lost(n int) func(*rtpio.Packet) { return func(p *rtpio.Packet) { p.Lost = n } }

func TestAudioPassesUnchanged(t *testing.T) {
	for _, samples := range []int{80, 160, 240, 480, 1024} {
		r := newAudioRig()
		r.agree(media.PCMA)
		for n := range 50 {
			r.send(n, samples)
			r.tick(r.start.Add(time.Duration(n*samples) * time.Second / audioRate))
		}
		require.Len(t, r.units, 50)
		requireGapless(t, r.units)
		for n, u := range r.units {
			require.Equal(t, slices.Repeat([]byte{byte(n + 1)}, samples), u.Payload)
			require.False(t, u.Fill)
			require.Equal(t, r.units[0].Format, u.Format)
		}
	}
}

func TestLostAudioIsConcealed(t *testing.T) {
	r := newAudioRig()
	r.agree(media.PCMA)
	loud := func(p *rtpio.Packet) {
		p.Payload = g711.Encode(nil, media.PCMA, slices.Repeat([]int16{16000, -16000}, 80))
	}
	r.send(0, 160, loud)
	r.send(1, 160, loud)
	r.send(8, 160, loud, lost(6))
	requireGapless(t, r.units)
	require.Len(t, r.units, 2+6+1)
	levels := make([]float64, 0, 6)
	for _, u := range r.units[2:8] {
		require.True(t, u.Fill)
		levels = append(levels, g711.Level(media.PCMA, u.Payload))
	}
	require.InDelta(t, 0.45, levels[0], 0.04, "first frame sounds nearly as before")
	require.IsDecreasing(t, levels[:4])
	require.Less(t, levels[3], 0.001, "then silence")
	require.False(t, r.units[8].Fill)
	require.Equal(t, 160*time.Millisecond, r.units[8].PTS)
	_, c := r.stats()
	require.Equal(t, counted{units: 3, filled: 6}, c)
}

func TestHoleIsFilledToTheSample(t *testing.T) {
	r := newAudioRig()
	r.agree(media.PCMU)
	r.send(0, 160)
	r.send(2, 160, lost(1), func(p *rtpio.Packet) { p.Timestamp -= 37 })
	requireGapless(t, r.units)
	require.Equal(t, []int{160, 160 - 37, 160}, []int{len(r.units[0].Payload), len(r.units[1].Payload), len(r.units[2].Payload)})
}

func TestMuteIsSilenceAndAudioReturnsInPlace(t *testing.T) {
	r := newAudioRig()
	r.agree(media.PCMA)
	for n := range 10 {
		r.send(n, 160)
	}
	r.tickTo(200*time.Millisecond, 1400*time.Millisecond) // no packets, and the sender's stamps go on
	filled := len(r.units)
	require.Equal(t, 1200*time.Millisecond, r.units[filled-1].PTS+frame, "silence follows the present at a distance")
	for n := 70; n < 80; n++ {
		r.send(n, 160)
	}
	requireGapless(t, r.units)
	require.Len(t, r.units, 80)
	for n, u := range r.units {
		require.Equal(t, n >= 10 && n < 70, u.Fill, "unit %d", n)
		if u.Fill {
			require.Equal(t, media.Silence(media.PCMA, 160), u.Payload, "nothing was lost, so nothing is repeated")
		}
	}
}

func TestLateAudioDoesNotOverlapSilence(t *testing.T) {
	r := newAudioRig()
	r.agree(media.PCMA)
	for n := range 10 {
		r.send(n, 160)
	}
	r.tickTo(200*time.Millisecond, time.Second)
	until := r.units[len(r.units)-1].PTS + frame
	for n := 10; n < 60; n++ { // all that was on its way for most of a second, then on time
		r.send(n, 160, func(p *rtpio.Packet) { p.Arrived = r.start.Add(max(time.Second, time.Duration(n)*frame)) })
	}
	requireGapless(t, r.units)
	i := slices.IndexFunc(r.units, func(u *media.Unit) bool { return !u.Fill && u.PTS >= until })
	require.Equal(t, until, r.units[i].PTS)
	require.Equal(t, byte(until/frame)+1, r.units[i].Payload[0], "audio is where it belongs")
}

func TestCallWithoutAudioIsSilentInRealTime(t *testing.T) {
	r := newAudioRig()
	r.tickTo(0, time.Second)
	require.Empty(t, r.units, "nothing before an answer")
	r.negotiated(nil)
	r.agreed = r.start.Add(time.Second)
	r.tickTo(time.Second, 4*time.Second)
	requireGapless(t, r.units)
	require.Zero(t, r.units[0].PTS)
	begun := time.Second + holdback // when the timeline was first asked
	require.Equal(t, 4*time.Second-begun-holdback, r.units[len(r.units)-1].PTS+frame)
	for _, u := range r.units {
		require.True(t, u.Fill)
		require.Equal(t, media.PCMA, u.Format.Codec)
	}
}

func TestAudioCodecSwitch(t *testing.T) {
	r := newAudioRig()
	r.agree(media.PCMA)
	r.send(0, 160)
	r.send(1, 160, func(p *rtpio.Packet) { p.PayloadType = 0 })
	r.send(3, 160, lost(1), func(p *rtpio.Packet) { p.PayloadType = 0 })
	r.send(4, 160)
	requireGapless(t, r.units)
	var codecs []media.Codec
	for _, u := range r.units {
		codecs = append(codecs, u.Format.Codec)
	}
	require.Equal(t, []media.Codec{media.PCMA, media.PCMU, media.PCMU, media.PCMU, media.PCMA}, codecs)
	require.Same(t, r.units[0].Format, r.units[4].Format)
}

func TestAudioSenderRestarts(t *testing.T) {
	r := newAudioRig()
	r.agree(media.PCMA)
	for n := range 10 {
		r.send(n, 160)
	}
	for n := 10; n < 20; n++ {
		r.send(n, 160, func(p *rtpio.Packet) { p.Restart, p.Timestamp = n == 10, p.Timestamp+77777777 })
	}
	requireGapless(t, r.units)
	require.Len(t, r.units, 20)
}

func TestKeysAreHeardAndLeaveSilence(t *testing.T) {
	r := newAudioRig()
	r.agree(media.PCMA)
	var keys dtmf.Sender
	for n := range 40 {
		if n == 5 {
			keys.Queue("4#")
		}
		tone, ok := keys.Next(0xFFFFFF00+uint32(n*160), audioRate)
		r.send(n, 160, func(p *rtpio.Packet) {
			if ok {
				p.PayloadType, p.Payload, p.Timestamp = sdp.DTMF, tone.Payload, tone.Timestamp
			}
		})
	}
	require.Equal(t, "4#", r.heard)
	requireGapless(t, r.units)
	require.Equal(t, 800*time.Millisecond, r.units[len(r.units)-1].PTS+frame)
}

func TestForeignAndEmptyPacketsKeepTheirPlace(t *testing.T) {
	r := newAudioRig()
	r.agree(media.PCMA)
	r.send(0, 160)
	r.send(2, 160, lost(1), func(p *rtpio.Packet) { p.Payload, p.PayloadType = nil, 20 })
	r.send(3, 160)
	requireGapless(t, r.units)
	require.NotEqual(t, media.Silence(media.PCMA, 160), r.units[1].Payload, "a loss before an empty packet is a loss")
}
