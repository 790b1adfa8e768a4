package sip

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sdp"
	"callcast/gateway/internal/slate"
)

// videoRig is a videoIn with a clock that the test moves.
type videoRig struct {
	*videoIn
	start  time.Time
	units  []*media.Unit
	wanted int
	got    int
	source *slate.Slate // pictures to send: each is a key
}

func newVideoRig(t *testing.T) *videoRig {
	t.Helper()
	r := &videoRig{start: time.Now()}
	slates, err := slate.LoadSet()
	require.NoError(t, err)
	r.source = slates[media.H264]
	r.videoIn = newVideoIn(clock.NewTimeline(), []media.Codec{media.H264, media.VP8}, func() { r.wanted++ }, func() { r.got++ })
	r.slates = slates
	r.publishTo(func(u *media.Unit) { r.units = append(r.units, u) })
	return r
}

func (r *videoRig) agree() {
	r.negotiated(&sdp.Media{Payloads: []sdp.Payload{{Type: 112, Codec: media.H264, ClockRate: videoRate}}, Direction: sdp.Direction{Send: true, Receive: true}})
	r.since = r.start
}

// inter is a unit that is no key: a slice that says it is not IDR. Nobody decodes it here.
func (r *videoRig) inter() *media.Unit {
	return &media.Unit{Format: r.source.Unit(0).Format, Payload: h264.AppendNAL(nil, []byte{0x41, 0xE2, 0x55, 0xAA})}
}

// send sends a unit at a time, both by stamp and arrival.
func (r *videoRig) send(at time.Duration, u *media.Unit, lost int) {
	payloadType, payloads := packed(u)
	for i, b := range payloads {
		p := rtpio.Packet{
			PayloadType: payloadType, Marker: i == len(payloads)-1, Payload: b,
			Timestamp: uint32(clock.Ticks(at, videoRate)), Arrived: r.start.Add(at),
		}
		if i == 0 {
			p.Lost = lost
		}
		r.handle(p)
	}
}

func (r *videoRig) tickTo(from, to time.Duration) {
	for at := from; at <= to; at += frame {
		r.tick(r.start.Add(at))
	}
}

func requireForward(t *testing.T, units []*media.Unit) {
	t.Helper()
	for i, u := range units {
		require.Equal(t, u.PTS, u.DTS)
		if i > 0 {
			require.Greater(t, u.PTS, units[i-1].PTS, "unit %d", i)
		}
	}
}

const picturePeriod = 40 * time.Millisecond

func TestVideoWithholdsFromALossToTheNextKey(t *testing.T) {
	r := newVideoRig(t)
	r.agree()
	for n := range 20 {
		u, lost := r.inter(), 0
		if n == 0 || n == 15 {
			u = r.source.Unit(uint64(n))
		}
		if n == 10 {
			lost = 1
		}
		r.send(time.Duration(n)*picturePeriod, u, lost)
	}
	require.Len(t, r.units, 15)
	requireForward(t, r.units)
	require.Equal(t, 9*picturePeriod, r.units[9].PTS)
	require.Equal(t, 15*picturePeriod, r.units[10].PTS)
	require.True(t, r.units[10].Gap)
	require.True(t, r.units[10].Key)
	require.Equal(t, r.source.Unit(1).Payload, r.units[10].Payload)
	require.Positive(t, r.wanted)
	require.Equal(t, 2, r.got)
	format, c, withheld := r.stats()
	require.Equal(t, 640, format.Width)
	require.Equal(t, counted{units: 15}, c)
	require.Equal(t, uint64(5), withheld)
}

func TestSenderThatBeginsWithoutAKeyIsAsked(t *testing.T) {
	r := newVideoRig(t)
	r.agree()
	r.send(0, r.inter(), 0)
	require.Equal(t, 1, r.wanted)
	require.Empty(t, r.units)
}

func TestSenderThatBeginsWithAKeyIsNotAsked(t *testing.T) {
	r := newVideoRig(t)
	r.agree()
	r.send(0, r.source.Unit(0), 0)
	r.send(picturePeriod, r.inter(), 0)
	require.Zero(t, r.wanted)
	require.Len(t, r.units, 2)
}

func TestSlateStandsInAndGivesWayToAKeyOnly(t *testing.T) {
	r := newVideoRig(t)
	r.tickTo(0, time.Second)
	require.Empty(t, r.units, "nothing before an answer")
	r.agree()
	r.send(0, r.source.Unit(0), 0)
	r.tickTo(0, 2900*time.Millisecond)
	require.Len(t, r.units, 1, "patience")
	r.tickTo(3*time.Second, 5*time.Second)
	require.Len(t, r.units, 6)
	for i, u := range r.units[1:] {
		require.True(t, u.Fill && u.Key)
		require.Equal(t, 3*time.Second+time.Duration(i)*slate.Period, u.PTS)
	}
	require.NotEqual(t, r.units[1].Payload, r.units[2].Payload, "two IDR pictures in a row differ in idr_pic_id")

	r.send(5010*time.Millisecond, r.inter(), 0)
	require.Len(t, r.units, 6, "it refers to a picture from before the slate")
	require.Equal(t, 1, r.wanted)
	r.send(5050*time.Millisecond, r.source.Unit(1), 0)
	r.send(5090*time.Millisecond, r.inter(), 0)
	r.tickTo(5*time.Second, 6*time.Second)
	require.Len(t, r.units, 8)
	require.False(t, r.units[6].Fill)
	require.Equal(t, 5050*time.Millisecond, r.units[6].PTS)
	requireForward(t, r.units)
}

func TestCallWithoutVideoShowsTheSlateAtOnce(t *testing.T) {
	r := newVideoRig(t)
	r.negotiated(nil)
	r.tickTo(0, time.Second)
	require.Len(t, r.units, 3)
	r.slates = nil
	r.tickTo(time.Second, 3*time.Second)
	require.Len(t, r.units, 3, "not wanted")
}

func TestParameterSetsOfTheAnswerAreUsed(t *testing.T) {
	r := newVideoRig(t)
	f := r.source.Unit(0).Format
	r.negotiated(&sdp.Media{Payloads: []sdp.Payload{{Type: 112, Codec: media.H264, SPS: f.SPS, PPS: f.PPS}}, Direction: sdp.Direction{Send: true, Receive: true}})
	for nal := range h264.NALs(r.source.Unit(0).Payload) {
		r.handle(rtpio.Packet{PayloadType: 112, Payload: nal})
	}
	r.handle(rtpio.Packet{PayloadType: 112, Payload: []byte{0x41, 0xE2, 0x55}, Timestamp: 3600, Marker: true})
	require.Len(t, r.units, 2)
	require.Equal(t, f, r.units[0].Format)
}

func TestVideoSenderRestarts(t *testing.T) {
	r := newVideoRig(t)
	r.agree()
	r.send(0, r.source.Unit(0), 0)
	r.send(picturePeriod, r.inter(), 0)
	r.handle(rtpio.Packet{
		PayloadType: 112, Restart: true, Marker: true, Timestamp: 5, Payload: []byte{0x41, 0xE2, 0x55, 0xAA},
		Arrived: r.start.Add(2 * picturePeriod),
	})
	require.Len(t, r.units, 2, "it refers to what the new sender has not sent")
	require.Equal(t, 1, r.wanted)
	r.send(3*picturePeriod, r.source.Unit(1), 0)
	require.Len(t, r.units, 3)
	require.True(t, r.units[2].Gap)
	requireForward(t, r.units)
	require.Equal(t, 3*picturePeriod, r.units[2].PTS)
}

// TestSpoiltKeyIsAskedForAnew loses a packet of the key picture that was asked for: the request counts as fulfilled, in
// vain, and a new one follows without the patience one has with a sender that does not hear.
func TestSpoiltKeyIsAskedForAnew(t *testing.T) {
	r := newVideoRig(t)
	r.agree()
	r.send(0, r.inter(), 0)
	require.Equal(t, 1, r.wanted)

	key := r.source.Unit(1)
	payloads := h264.Packetiser{Mode: 1, MaxPayload: maxPayload}.Append(nil, key)
	require.Greater(t, len(payloads), 3)
	for i, b := range payloads {
		if i == 2 {
			continue
		}
		r.handle(rtpio.Packet{
			PayloadType: 112, Marker: i == len(payloads)-1, Payload: b, Timestamp: 3600, Arrived: r.start,
			Lost: map[bool]int{true: 1}[i == 3],
		})
	}
	require.Empty(t, r.units)
	require.Equal(t, 1, r.got)
	require.Equal(t, 2, r.wanted)

	r.send(2*picturePeriod, r.inter(), 0) // withheld, but no news
	require.Equal(t, 1, r.got)
}
