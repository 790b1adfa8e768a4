package server

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

// A real encoder's telephone sound becomes a stream of it, with the tone it holds.
func TestPublisherSendsTelephoneSound(t *testing.T) {
	for encoder, want := range map[string]media.Format{
		"pcm_alaw":  {Codec: media.PCMA, SampleRate: 8000, Channels: 1},
		"pcm_mulaw": {Codec: media.PCMU, SampleRate: 8000, Channels: 1},
		"libspeex":  {Codec: media.Speex16, SampleRate: 16000, Channels: 1},
	} {
		t.Run(encoder, func(t *testing.T) {
			s, h, url := newServer(t, Limits{})
			ffmpeg(t, "-re", "-f", "lavfi", "-i", "sine=frequency=500:sample_rate=16000", "-ac", "1", "-c:a", encoder,
				"-ar", strconv.Itoa(want.SampleRate), "-f", "flv", url+"/live/name")
			require.Eventually(t, func() bool { return s.Stats().Publishers == 1 }, 20*time.Second, time.Millisecond)
			published, err := h.Play("live", "name")
			require.NoError(t, err)
			r := published.Attach(stream.ReaderParams{Audio: []media.Codec{want.Codec}})
			defer r.Close()
			var pcm []int16
			var sounded, first, last time.Duration
			for n := range 20 {
				u, err := r.Next(t.Context())
				require.NoError(t, err)
				require.Equal(t, want, *u.Format)
				if n == 0 {
					first = u.PTS
				}
				last = u.PTS
				if n < 19 {
					sounded += u.Duration
				}
				if want.Codec != media.Speex16 {
					pcm = g711.Decode(pcm, want.Codec, u.Payload)
				}
			}
			require.InDelta(t, last-first, sounded, float64(5*time.Millisecond), "units sound as long as they stand apart")
			if want.Codec != media.Speex16 {
				crossings := 0
				for i := 1; i < len(pcm); i++ {
					if pcm[i-1] < 0 != (pcm[i] < 0) {
						crossings++
					}
				}
				require.InEpsilon(t, 1000, float64(crossings)*8000/float64(len(pcm)), 0.05)
			}
		})
	}
}
