package sip

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/playout"
	"callcast/gateway/internal/sdp"
	"callcast/gateway/internal/slate"
	"callcast/gateway/internal/stream"
)

// wire is where packets go: it keeps them, with the time they left.
type wire struct{ sent []sent }

type sent struct {
	rtp.Packet
	at time.Time
}

func (w *wire) SetSendClock(int) {}

func (w *wire) Send(p *rtp.Packet) error {
	kept := sent{*p, time.Now()}
	kept.Payload = slices.Clone(p.Payload)
	w.sent = append(w.sent, kept)
	return nil
}

// backRig is what flows back, on a clock that stands in a bubble, and a source whose stream can be injected.
type backRig struct {
	*back
	t            *testing.T
	begun        time.Time
	audio, video wire
	stream       *stream.Stream
	publisher    *stream.Publisher
	asked        int // for key pictures
	slates       slate.Set
	running      sync.WaitGroup
	stop         context.CancelFunc
	next         time.Time // picture

	hear    func(pts time.Duration) []byte // of 20 ms
	lag     func(at time.Duration) time.Duration
	speed   float64       // of the source's clock
	origin  time.Duration // of the source's time
	heard   int           // units published
	shown   int
	keyStep int
}

// inBubble runs a test with a rig whose phone takes both kinds of media.
func inBubble(t *testing.T, test func(t *testing.T, r *backRig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &backRig{t: t, begun: time.Now(), speed: 1, keyStep: 25, hear: tone(440)}
		r.lag = func(time.Duration) time.Duration { return 0 }
		var err error
		r.slates, err = slate.LoadSet()
		require.NoError(t, err)
		r.back = newBack(&r.audio, &r.video, r.slates, slog.New(slog.DiscardHandler))
		r.negotiated(sdp.Answer{
			Audio: &sdp.Media{
				RTP: anywhere, Direction: sdp.Direction{Send: true, Receive: true},
				Payloads: []sdp.Payload{{Type: 8, Codec: media.PCMA, ClockRate: audioRate}},
				DTMF:     &sdp.Payload{Type: 101, ClockRate: audioRate},
			},
			Video: &sdp.Media{
				RTP: anywhere, Direction: sdp.Direction{Send: true, Receive: true},
				Payloads: []sdp.Payload{{Type: 112, Codec: media.H264, ClockRate: videoRate, PacketizationMode: 1}},
			},
		})
		r.stream = stream.New(stream.Params{Name: "injected", Log: slog.New(slog.DiscardHandler)})
		r.publisher = r.stream.Publish(stream.PublisherParams{RequestKeyframe: func() { r.asked++ }})
		defer r.stream.Close()
		defer r.end()
		test(t, r)
	})
}

// tone is A-law of a sine of half of full scale.
func tone(hz float64) func(time.Duration) []byte {
	return func(pts time.Duration) []byte {
		samples := make([]int16, frameSamples)
		first := clock.Ticks(pts, audioRate)
		for i := range samples {
			samples[i] = int16(16384 * math.Sin(2*math.Pi*hz*float64(first+int64(i))/audioRate))
		}
		return g711.Encode(nil, media.PCMA, samples)
	}
}

// start injects the stream.
func (r *backRig) start() {
	p := playout.New(playout.Params{Stream: r.stream, Name: "test", Audio: media.PCMA, Video: media.H264})
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	r.running.Go(func() {
		if err := p.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			panic(err)
		}
	})
	r.inject(p)
	synctest.Wait()
}

func (r *backRig) end() {
	r.inject(nil)
	if r.stop != nil {
		r.stop()
	}
	r.running.Wait()
}

// run lets time pass. The source publishes what is due, if it is on.
func (r *backRig) run(d time.Duration, audio, video bool) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Millisecond) {
		now := time.Now()
		at := now.Sub(r.begun)
		is := time.Duration(float64(at-r.lag(at)) * r.speed)
		for ; time.Duration(r.heard)*frame <= is; r.heard++ {
			r.sound(audio, time.Duration(r.heard)*frame)
		}
		for ; time.Duration(r.shown)*picturePeriod <= is; r.shown++ {
			r.show(video, r.shown)
		}
		synctest.Wait()
		if at%frame == 0 {
			r.next = r.tick(now)
		} else if !r.next.IsZero() && !r.next.After(now) {
			r.next = r.picture(now)
		}
	}
}

func (r *backRig) sound(on bool, pts time.Duration) {
	if !on {
		return
	}
	r.publisher.Write(&media.Unit{
		Format: &media.Format{Codec: media.PCMA, SampleRate: audioRate, Channels: 1}, PTS: r.origin + pts, DTS: r.origin + pts,
		Key: true, Arrived: time.Now(), Payload: r.hear(pts),
	})
}

// show publishes a picture that bears its number; each keyStep-th is a key picture.
func (r *backRig) show(on bool, n int) {
	if !on {
		return
	}
	pts := r.origin + time.Duration(n)*picturePeriod
	u := &media.Unit{Format: r.slates[media.H264].Unit(0).Format, PTS: pts, DTS: pts, Arrived: time.Now(), Key: n%r.keyStep == 0}
	kind := byte(0x41)
	if u.Key {
		kind = 0x65
	}
	u.Payload = h264.AppendNAL(nil, binary.BigEndian.AppendUint32([]byte{kind}, uint32(n)))
	r.publisher.Write(u)
}

// shownPicture is a picture that left; number is -1 for the slate.
type shownPicture struct {
	sent
	number int
	key    bool
}

func (r *backRig) pictures() []shownPicture {
	var out []shownPicture
	key := false
	for i, p := range r.video.sent {
		require.Equal(r.t, r.video.sent[0].SequenceNumber+uint16(i), p.SequenceNumber)
		if p.Payload[0]&0x1F == 24 { // the parameter sets of a key picture
			key = true
		}
		if !p.Marker {
			continue
		}
		number := -1
		if len(p.Payload) == 5 {
			number = int(binary.BigEndian.Uint32(p.Payload[1:]))
		}
		if n := len(out); n > 0 {
			require.Positive(r.t, int32(p.Timestamp-out[n-1].Timestamp), "stamps go forward")
		}
		out, key = append(out, shownPicture{p, number, key}), false
	}
	return out
}

// numbers are those of the injected pictures among some.
func numbers(pictures []shownPicture) []int {
	var out []int
	for _, p := range pictures {
		if p.number >= 0 {
			out = append(out, p.number)
		}
	}
	return out
}

// frames asserts that sound left without a break in number or time, and returns it.
func (r *backRig) frames() []sent {
	all := r.audio.sent
	require.NotEmpty(r.t, all)
	for i, p := range all {
		require.Equal(r.t, all[0].SequenceNumber+uint16(i), p.SequenceNumber)
		require.Equal(r.t, all[0].at.Add(time.Duration(i)*frame), p.at)
		if p.PayloadType == 8 {
			require.Equal(r.t, all[0].Timestamp+uint32(i*frameSamples), p.Timestamp)
			require.Len(r.t, p.Payload, frameSamples)
		}
	}
	return all
}

// talks reports whether a frame holds anything but silence.
func talks(p sent) bool {
	return slices.ContainsFunc(p.Payload, func(b byte) bool { return b != 0xD5 })
}

// amplitude is how loud a tone is in frames, 1 for full scale.
func amplitude(frames []sent, hz float64) float64 {
	var samples []int16
	for _, p := range frames {
		samples = g711.Decode(samples, media.PCMA, p.Payload)
	}
	var re, im float64
	for i, s := range samples {
		w := 2 * math.Pi * hz * float64(i) / audioRate
		re, im = re+float64(s)/32768*math.Sin(w), im+float64(s)/32768*math.Cos(w)
	}
	return 2 * math.Hypot(re, im) / float64(len(samples))
}

func sequence(from, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = from + i
	}
	return out
}

func sine(hz float64, sample int) float64 {
	return math.Sin(2 * math.Pi * hz * float64(sample) / audioRate)
}
