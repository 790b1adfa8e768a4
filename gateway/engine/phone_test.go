package engine

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc/rtctest"
)

// Tones that are spoken, in Hz.
const (
	browserTone = 440
	otherTone   = 700
)

// handset is a browser that telephones: it speaks a tone, and listens.
type handset struct {
	*rtctest.Camera

	mu    sync.Mutex // guards heard
	heard []int16
}

func newHandset(t *testing.T, video bool) *handset {
	t.Helper()
	p := rtctest.PhoneParams{Audio: []media.Codec{media.PCMA, media.PCMU}}
	if video {
		p.Video = []media.Codec{media.H264}
	}
	return &handset{Camera: rtctest.NewPhone(t, p)}
}

// talk speaks a tone and listens until the test ends.
func (h *handset) talk(t *testing.T, tone float64) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var both sync.WaitGroup
	t.Cleanup(func() {
		stop()
		both.Wait()
	})
	both.Go(func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for n := uint16(0); ; n++ {
			select {
			case <-ticker.C:
				h.Send(t, media.Audio, &rtp.Packet{
					Header:  rtp.Header{SequenceNumber: n, Timestamp: uint32(n) * 160},
					Payload: spoken(tone, int(n)*160),
				})
			case <-ctx.Done():
				return
			}
		}
	})
	both.Go(func() {
		for {
			select {
			case p := <-h.Packets:
				h.mu.Lock()
				if p.PayloadType == 8 {
					h.heard = g711.Decode(h.heard, media.PCMA, p.Payload)
				}
				h.mu.Unlock()
			case <-ctx.Done():
				return
			}
		}
	})
}

// spoken is 20 ms of a tone at half of full scale.
func spoken(tone float64, from int) []byte {
	samples := make([]int16, 160)
	for i := range samples {
		samples[i] = int16(16384 * math.Sin(2*math.Pi*tone*float64(from+i)/8000))
	}
	return g711.Encode(make([]byte, 160), media.PCMA, samples)
}

// recent is the last half second of what was heard.
func (h *handset) recent() []int16 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.heard[max(0, len(h.heard)-4000):]
}

// hears waits until half a second was nothing but a tone.
func hears(t *testing.T, recent func() []int16, tone float64) {
	t.Helper()
	require.Eventually(t, func() bool {
		samples := recent()
		return len(samples) == 4000 && math.Abs(strength(samples, tone)-0.5) < 0.03
	}, patience, 20*time.Millisecond, "%v Hz", tone)
}

// strength is how strong a tone is, of full scale.
func strength(samples []int16, tone float64) float64 {
	var re, im float64
	for i, s := range samples {
		w := 2 * math.Pi * tone * float64(i) / 8000
		re, im = re+float64(s)*math.Cos(w), im+float64(s)*math.Sin(w)
	}
	return 2 * math.Hypot(re, im) / float64(len(samples)) / 32768
}

// ear keeps what a phone hears.
type ear struct {
	mu    sync.Mutex // guards heard
	heard []int16
}

func (e *ear) hear(_ string, _ uint32, samples []int16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, samples...)
}

func (e *ear) recent() []int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard[max(0, len(e.heard)-4000):]
}

// dial makes a call that a browser talks in.
func dial(t *testing.T, e *Engine, h *handset, s gateway.CallSpec) {
	t.Helper()
	answer, err := e.Dial(t.Context(), s, h.Offer(t))
	require.NoError(t, err)
	require.Equal(t, s.ID, answer.ID)
	h.Accept(t, answer.Answer)
}

// beep waits until the clip's 1 kHz was heard, which sounds for 80 ms in each second.
func beep(t *testing.T, recent func() []int16) {
	t.Helper()
	require.Eventually(t, func() bool {
		samples := recent()
		for at := 0; at+320 <= len(samples); at += 80 {
			if strength(samples[at:at+320], 1000) > 0.1 {
				return true
			}
		}
		return false
	}, patience, 20*time.Millisecond)
}

// TestBrowserTelephones: it hears the phone while that rings, both hear each other, and while the call is held the phone
// hears nothing.
func TestBrowserTelephones(t *testing.T) {
	var phoneHears ear
	e := start(t, loopback())
	phone := callee(t, demophone.Params{EarlyMedia: true, AnswerDelay: time.Second, OnSound: phoneHears.hear})
	events := follow(t, e)
	h := newHandset(t, false)
	h.talk(t, browserTone)
	dial(t, e, h, spec("c1", phone))
	beep(t, h.recent)
	up := events.await(t, "c1", established)
	require.True(t, up.Call.Browser)
	hears(t, phoneHears.recent, browserTone)
	beep(t, h.recent)
	streams := e.Snapshot().Streams
	require.Len(t, streams, 1, "what the browser says is nobody else's")
	require.True(t, slices.ContainsFunc(streams[0].Sinks, func(s gateway.Sink) bool {
		return s.Kind == gateway.SinkWebRTC && s.ID == "c1" && s.Viewer.State == gateway.ViewerPlaying
	}), "the browser listens")

	require.NoError(t, e.HoldCall(t.Context(), "c1", true))
	events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Status == gateway.CallHold && ev.Call.Held.Local })
	require.Eventually(t, func() bool { return strength(phoneHears.recent(), browserTone) < 0.01 }, patience, 20*time.Millisecond)
	require.NoError(t, e.HoldCall(t.Context(), "c1", false))
	events.await(t, "c1", established)
	hears(t, phoneHears.recent, browserTone)

	h.Close()
	ended := events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Status.Ended() })
	require.Equal(t, gateway.EndBrowser, ended.Call.Ending.Reason)
	require.Equal(t, gateway.CallFinish, ended.Call.Status)
	events.await(t, "c1", removed)
}

// TestBrowserGoesWithItsCall when the phone hangs up.
func TestBrowserGoesWithItsCall(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	events := follow(t, e)
	h := newHandset(t, true)
	dial(t, e, h, spec("c1", phone))
	events.await(t, "c1", established)
	<-h.Connected
	phone.Hangup("")
	ended := events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Status.Ended() })
	require.Equal(t, gateway.EndRemote, ended.Call.Ending.Reason)
	events.await(t, "c1", removed)
	<-h.Gone
}

func TestDialIsRefused(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	_, err := e.Dial(t.Context(), spec("c1", phone), "hello")
	requireRefusal(t, err, gateway.CodeInvalid, gateway.ReasonSDP)
	require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
	_, err = e.Dial(t.Context(), spec("c1", phone), newHandset(t, false).Offer(t))
	requireRefusal(t, err, gateway.CodeConflict, gateway.ReasonCallExists)
	_, err = e.OfferCall(t.Context(), "c1")
	requireRefusal(t, err, gateway.CodeConflict, gateway.ReasonNotRinging)
	requireRefusal(t, e.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: "c1"}), gateway.CodeConflict, gateway.ReasonNotRinging)
	requireRefusal(t, e.TransferCall(t.Context(), gateway.TransferSpec{CallID: "c1"}), gateway.CodeInvalid, gateway.ReasonRequired)
}
