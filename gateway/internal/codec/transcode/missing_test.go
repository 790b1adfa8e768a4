//go:build cgo && !nolibav

package transcode

import (
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

// TestLossIsConcealed: of every codec a packet in ten is lost. What comes out has no hole, and the tone goes on.
func TestLossIsConcealed(t *testing.T) {
	const hz = 700
	for _, from := range sounds {
		if from == media.AAC {
			continue // nobody telephones in it
		}
		t.Run(string(from), func(t *testing.T) {
			rate, _ := shapeOf(from)
			to, least := media.PCMA, 0.2
			switch {
			case isTelephone(from):
				to = media.Opus
			case from == media.Opus:
				least = 0 // how its decoder goes on is its own affair
			}
			conv, err := New().Derive(from, to)
			require.NoError(t, err)
			defer conv.Close()
			var units []*media.Unit
			for i, u := range coded20(t, from, sine(hz, 2, rate, 1), rate, 1) {
				if i%10 == 9 {
					continue
				}
				out, err := conv.Convert(u)
				require.NoError(t, err)
				units = append(units, out...)
			}
			requireInARow(t, units, to)
			sound, outRate := timeline(t, units)
			for at := outRate / 2; at < outRate*3/2; at += outRate / 100 {
				amplitude, _, _ := fit(sound[at:at+outRate/100], hz, outRate)
				require.GreaterOrEqual(t, amplitude, least, "at %d ms", 1000*at/outRate)
				require.Less(t, amplitude, 0.7, "at %d ms", 1000*at/outRate)
			}
		})
	}
}

// TestOpusTellsWhatWasLost: a packet may carry a copy of the one before. What was lost then is not guessed but known.
func TestOpusTellsWhatWasLost(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi",
		"-i", "aevalsrc='0.4*sin(2*PI*if(lt(t,1),300,900)*t)':s=16000:d=2", "-c:a", "libopus", "-application", "voip",
		"-b:a", "32k", "-fec", "1", "-packet_loss", "40", "-f", "ogg", "pipe:1")
	file, err := cmd.Output()
	require.NoError(t, err)
	dec, err := NewSound(media.Opus)
	require.NoError(t, err)
	defer dec.Close()
	format := &media.Format{Codec: media.Opus, SampleRate: studioRate, Channels: 1}
	const lost = 52 // the second with the new tone: packets are late by 6.5 ms
	for i, packet := range oggPackets(file)[2:60] {
		if i == lost {
			continue
		}
		u := &media.Unit{Format: format, PTS: time.Duration(i) * 20 * time.Millisecond, Payload: packet}
		made, from := dec.Missing(u)
		if i == lost+1 {
			require.Equal(t, lost*20*time.Millisecond, from)
			sound := make([]float64, len(made))
			for k, v := range made {
				sound[k] = float64(v) / 32768
			}
			require.Len(t, sound, studioRate/50)
			amplitude, _, rest := fit(sound, 900, studioRate)
			require.InDelta(t, 0.4, amplitude, 0.15)
			require.Less(t, rest, -8.0, "dB that are something else")
		} else {
			require.Empty(t, made)
		}
		_, _, _, err := dec.Samples(u)
		require.NoError(t, err)
	}
}
