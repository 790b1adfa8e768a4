package sip

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

// speaking is a stream of frames of one sample, until the test ends.
func speaking(t *testing.T, sample byte) *stream.Stream {
	t.Helper()
	s := stream.New(stream.Params{Name: string(rune(sample)), Log: slog.New(slog.DiscardHandler)})
	p := s.Publish(stream.PublisherParams{})
	ctx, stop := context.WithCancel(t.Context())
	var speaker sync.WaitGroup
	t.Cleanup(func() {
		stop()
		speaker.Wait()
		p.Close()
		s.Close()
	})
	format := &media.Format{Codec: media.PCMA, SampleRate: audioRate, Channels: 1}
	speaker.Go(func() {
		ticker := time.NewTicker(frame)
		defer ticker.Stop()
		for at := time.Duration(0); ; at += frame {
			select {
			case now := <-ticker.C:
				p.Write(&media.Unit{
					Format: format, PTS: at, DTS: at, Duration: frame, Key: true, Arrived: now,
					Payload: bytes.Repeat([]byte{sample}, frameSamples),
				})
			case <-ctx.Done():
				return
			}
		}
	})
	return s
}

// TestTalkIsHeardWhereNothingElseIs: not beside what is injected, nor while the call is held.
func TestTalkIsHeardWhereNothingElseIs(t *testing.T) {
	r := newRig(t, true)
	r.Talk(speaking(t, 'T')) // before anything was agreed on
	hear := func(sample byte) {
		t.Helper()
		for heard := 0; heard < 10; {
			p := receive(t, r.phone.audio)
			heard++
			if !whole(p, sample) {
				heard = 0
			}
		}
	}
	_, err := r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	hear('T')
	r.Inject(speaking(t, 'I'), nil)
	hear('I')
	r.EndInjection()
	hear('T')
	_, _ = r.Hold(true)
	_, err = r.Answer(r.phone.sdp("recvonly", "recvonly"))
	require.NoError(t, err)
	hear(0xD5)
	_, _ = r.Hold(false)
	_, err = r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	hear('T')
	r.Talk(speaking(t, 'U')) // in the place of who talked
	hear('U')
}

func whole(p rtp.Packet, sample byte) bool {
	return bytes.Count(p.Payload, []byte{sample}) == len(p.Payload)
}
