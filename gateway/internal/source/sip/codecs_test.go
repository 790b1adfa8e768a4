//go:build cgo && !nolibav

package sip

import (
	"context"
	"log/slog"
	"math"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/codec/voice"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/stream"
)

// voices are the codecs of calls in this build.
func voices() []media.Codec {
	all := []media.Codec{media.PCMA, media.PCMU, media.G722, media.Opus, media.Speex, media.Speex16}
	if transcode.Encodes(media.G729) {
		all = append(all, media.G729)
	}
	return all
}

// party is one side of a call between two of ours.
type party struct {
	*Source
	stream *stream.Stream
}

func newParty(t *testing.T, codecs ...media.Codec) *party {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	pool := rtpio.NewPool("127.0.0.1", 0, 0, 0)
	t.Cleanup(pool.Close)
	p := &party{stream: stream.New(stream.Params{Name: "call", Deriver: transcode.New(), Log: log})}
	t.Cleanup(p.stream.Close)
	var err error
	p.Source, err = New(Params{
		Pool: pool, IP: netip.MustParseAddr("127.0.0.1"), HasAudio: true, SoundOnly: true,
		Codecs: [media.Kinds][]media.Codec{media.Audio: codecs}, Stream: p.stream, CNAME: "test", Log: log,
	})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	p.Start()
	return p
}

// connectParties lets one call the other.
func connectParties(t *testing.T, caller, callee *party) {
	t.Helper()
	answer, err := callee.Reoffer(caller.Offer())
	require.NoError(t, err)
	_, err = caller.Answer(answer)
	require.NoError(t, err)
}

// singing is a stream of A-law in which a tone sounds until the test ends.
func singing(t *testing.T, hz float64) *stream.Stream {
	t.Helper()
	s := stream.New(stream.Params{Name: "tone", Deriver: transcode.New(), Log: slog.New(slog.DiscardHandler)})
	p := s.Publish(stream.PublisherParams{})
	var singer sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(func() {
		stop()
		singer.Wait()
		s.Close()
	})
	format := &media.Format{Codec: media.PCMA, SampleRate: audioRate, Channels: 1}
	sings := tone(hz)
	singer.Go(func() {
		tick := time.NewTicker(frame)
		defer tick.Stop()
		for pts := time.Duration(0); ; pts += frame {
			p.Write(&media.Unit{Format: format, PTS: pts, DTS: pts, Duration: frame, Key: true, Arrived: time.Now(), Payload: sings(pts)})
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return s
}

// hears reads a stream's own codec until a tone has sounded in it for half a second.
func (p *party) hears(t *testing.T, codec media.Codec, hz float64) {
	t.Helper()
	r := p.stream.Attach(stream.ReaderParams{Name: "ear", Audio: []media.Codec{codec}})
	defer r.Close()
	require.Eventually(t, func() bool { return len(p.stream.Tracks()) > 0 }, patienceOfTests, time.Millisecond)
	dec, err := transcode.NewSound(codec)
	require.NoError(t, err)
	defer dec.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patienceOfTests)
	defer cancel()
	var heard []int16
	for {
		u, err := r.Next(ctx)
		require.NoError(t, err, "%v Hz was not heard in %s", hz, codec)
		require.Equal(t, codec, u.Format.Codec)
		require.Equal(t, voice.Duration(codec, u.Payload), u.Duration)
		pcm, rate, channels, err := dec.Samples(u)
		require.NoError(t, err)
		require.Equal(t, 1, channels)
		heard = append(heard, pcm...)
		if n := rate / 2; len(heard) > n {
			heard = heard[len(heard)-n:]
			if purity(heard, hz, rate) > 0.8 {
				return
			}
		}
	}
}

// purity is how much of the power of a sound is in one tone; 0 for what is faint.
func purity(pcm []int16, hz float64, rate int) float64 {
	var power, re, im float64
	for i, v := range pcm {
		phase := 2 * math.Pi * hz * float64(i) / float64(rate)
		power += float64(v) * float64(v)
		re += float64(v) * math.Cos(phase)
		im += float64(v) * math.Sin(phase)
	}
	n := float64(len(pcm))
	if power/n < 1000*1000 {
		return 0
	}
	return 2 * (re*re + im*im) / (n * power)
}

// TestTonesGoBothWays calls in each codec: what each side sings, the other hears, in the codec that was agreed on. What is
// played by the call itself is heard too.
func TestTonesGoBothWays(t *testing.T) {
	for _, codec := range voices() {
		t.Run(string(codec), func(t *testing.T) {
			caller, callee := newParty(t, codec), newParty(t, media.PCMA, media.PCMU, media.G722, media.Opus, media.Speex, media.Speex16, media.G729)
			connectParties(t, caller, callee)
			require.Equal(t, codec, callee.agreed.Audio.Payloads[0].Codec)
			caller.Inject(singing(t, 500), nil)
			callee.Talk(singing(t, 900))
			callee.hears(t, codec, 500)
			caller.hears(t, codec, 900)
			caller.EndInjection()
			hz, rate := 700.0, caller.SoundRate()
			if rate == wideRate && codec != media.Speex16 { // whose upper band is noise of the right loudness
				hz = 5000 // which a telephone of old could not carry
			}
			caller.PlaySound(whistle(hz, rate), rate, true, nil)
			callee.hears(t, codec, hz)
			caller.EndSound()
			callee.falls(t, codec)
		})
	}
}

// whistle is 200 ms of a tone, a whole number of periods.
func whistle(hz float64, rate int) []int16 {
	pcm := make([]int16, rate/5)
	for i := range pcm {
		pcm[i] = int16(16384 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return pcm
}

// falls waits until a quarter of a second of the stream is silent, and not because nothing comes.
func (p *party) falls(t *testing.T, codec media.Codec) {
	t.Helper()
	r := p.stream.Attach(stream.ReaderParams{Name: "ear", Audio: []media.Codec{codec}})
	defer r.Close()
	dec, err := transcode.NewSound(codec)
	require.NoError(t, err)
	defer dec.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patienceOfTests)
	defer cancel()
	for quiet := time.Duration(0); quiet < 250*time.Millisecond; {
		u, err := r.Next(ctx)
		require.NoError(t, err, "it does not fall silent")
		pcm, _, _, err := dec.Samples(u)
		require.NoError(t, err)
		quiet += u.Duration
		for _, v := range pcm {
			if u.Fill || v > 200 || v < -200 {
				quiet = 0
			}
		}
	}
}

// TestCodecChangesInACall: a re-INVITE moves a call from one codec to another, and readers of a third hear on.
func TestCodecChangesInACall(t *testing.T) {
	caller, callee := newParty(t, media.Opus, media.PCMA), newParty(t, media.Opus)
	connectParties(t, caller, callee)
	caller.Inject(singing(t, 500), nil)
	callee.hears(t, media.Opus, 500)

	callee.mu.Lock()
	callee.local.Audio.Codecs = []media.Codec{media.PCMA}
	callee.mu.Unlock()
	connectParties(t, caller, callee)
	callee.hears(t, media.PCMU, 500)
	audio, _ := callee.Stats()
	require.Equal(t, "PCMA", audio.Codec)
}

// TestInjectedOpusIsPassedOn: what comes in the codec of the call is not converted.
func TestInjectedOpusIsPassedOn(t *testing.T) {
	caller, callee := newParty(t, media.Opus), newParty(t, media.Opus)
	connectParties(t, caller, callee)
	first, second := singing(t, 500), stream.New(stream.Params{Name: "opus", Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(second.Close)
	coded := first.Attach(stream.ReaderParams{Name: "coder", Audio: []media.Codec{media.Opus}})
	p := second.Publish(stream.PublisherParams{})
	var copying sync.WaitGroup
	t.Cleanup(copying.Wait)
	t.Cleanup(coded.Close)
	copying.Go(func() {
		for {
			u, err := coded.Next(context.Background())
			if err != nil {
				return
			}
			p.Write(u)
		}
	})
	caller.Talk(second) // which has no converter at all
	callee.hears(t, media.Opus, 500)
	require.Len(t, second.Tracks(), 1)
}
