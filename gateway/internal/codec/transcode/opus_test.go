//go:build cgo && !nolibav

package transcode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

func newOpusConverter(t testing.TB, from media.Codec) stream.Converter {
	t.Helper()
	conv, err := New().Derive(from, media.Opus)
	require.NoError(t, err)
	t.Cleanup(conv.Close)
	return conv
}

// What is decoded at a unit's timestamp must be the sound that came in with that timestamp.
func TestTelephoneToneInOpusIsInPlace(t *testing.T) {
	for _, law := range []media.Codec{media.PCMA, media.PCMU} {
		for _, hz := range []float64{440, 1000, 3000} {
			t.Run(fmt.Sprint(law, hz), func(t *testing.T) {
				units := feed(t, newOpusConverter(t, law), law, 0, tone(law, hz, 2))
				require.Len(t, units, 100)
				amplitude, phase, rest := fit(hearOpus(t, units)[studioRate/2:studioRate*3/2], hz, studioRate)
				require.InDelta(t, 0.5, amplitude, 0.07)
				require.InDelta(t, 0, phase/(2*math.Pi*hz), 150e-6, "seconds late: a sample of the source")
				require.Less(t, rest, -14.0, "dB of noise")
			})
		}
	}
}

// AAC comes from publishers; here from the other converter, whose units are in place too.
func TestAACToneInOpusIsInPlace(t *testing.T) {
	frames := feed(t, newConverter(t, media.PCMA), media.PCMA, 0, tone(media.PCMA, 1000, 2))
	conv := newOpusConverter(t, media.AAC)
	var units []*media.Unit
	for i, u := range frames {
		out, err := conv.Convert(u)
		require.NoError(t, err)
		for _, o := range out {
			require.Equal(t, media.Opus, o.Format.Codec)
			require.Equal(t, 1, o.Format.Channels)
			require.InDelta(t, u.PTS.Seconds(), o.PTS.Seconds(), 0.05, "unit %d", i)
		}
		units = append(units, out...)
	}
	amplitude, phase, rest := fit(hearOpus(t, units)[studioRate/2:studioRate*3/2], 1000, studioRate)
	require.InDelta(t, 0.5, amplitude, 0.05)
	// A decoder that starts hears the first frame of AAC only after the encoder's delay, which the units account for.
	require.InDelta(t, 0, phase/(2*math.Pi*1000), 100e-6, "seconds late")
	require.Less(t, rest, -20.0, "dB of noise")
}

func TestOpusUnitsFollowTheTimeline(t *testing.T) {
	const ms = time.Millisecond
	conv, f := newOpusConverter(t, media.PCMA), format(media.PCMA)
	delay := conv.(*audio).enc.delay
	require.InDelta(t, 2.5, delay.Seconds()*1e3, 0.1, "milliseconds of look-ahead")
	var units []*media.Unit
	for i := range 500 {
		if i%7 == 3 {
			continue // lost
		}
		out, err := conv.Convert(&media.Unit{Format: f, PTS: time.Duration(i) * 20 * ms, Payload: media.Silence(media.PCMA, packet)})
		require.NoError(t, err)
		units = append(units, out...)
	}
	require.Len(t, units, 500)
	for i, u := range units {
		require.Equal(t, time.Duration(i)*20*ms-delay, u.PTS)
		require.Equal(t, 20*ms, u.Duration)
		require.True(t, u.Key)
	}
	out, err := conv.Convert(&media.Unit{Format: f, PTS: time.Minute, Payload: media.Silence(media.PCMA, packet)})
	require.NoError(t, err)
	require.Len(t, out, 1)
	require.Equal(t, time.Minute-delay, out[0].PTS, "a new passage begins where it belongs")
	require.True(t, out[0].Gap)
}

// What cannot be decoded is passed over: it comes from the network.
func TestGarbageInsteadOfAAC(t *testing.T) {
	conv := newOpusConverter(t, media.AAC)
	for name, u := range map[string]*media.Unit{
		"no configuration": {Format: &media.Format{Codec: media.AAC}, Payload: []byte{1, 2, 3}},
		"noise":            {Format: &media.Format{Codec: media.AAC, Config: []byte{0x11, 0x88}}, Payload: bytes.Repeat([]byte{0xA5, 7}, 200)},
		"empty":            {Format: &media.Format{Codec: media.AAC, Config: []byte{0x11, 0x88}}},
	} {
		out, err := conv.Convert(u)
		require.NoError(t, err, name)
		require.Empty(t, out, name)
	}
}

func FuzzAACSound(f *testing.F) {
	f.Add([]byte{0x11, 0x88}, []byte{0x01, 0x40, 0x20, 0x07})
	f.Add([]byte{0x12, 0x10}, bytes.Repeat([]byte{0xFF}, 64))
	f.Fuzz(func(t *testing.T, config, frame []byte) {
		sound, err := NewSound(media.AAC)
		require.NoError(t, err)
		defer sound.Close()
		_, _, _, _ = sound.Samples(&media.Unit{Format: &media.Format{Codec: media.AAC, Config: config}, Payload: frame})
	})
}

func TestOpusLeaksNothing(t *testing.T) {
	frames := feed(t, newConverter(t, media.PCMA), media.PCMA, 0, tone(media.PCMA, 1000, 0.3))
	requireSteadyMemory(t, func() {
		conv, err := New().Derive(media.AAC, media.Opus)
		require.NoError(t, err)
		for _, u := range frames {
			_, err := conv.Convert(u)
			require.NoError(t, err)
		}
		conv.Close()
	})
}

func BenchmarkOpus(b *testing.B) {
	conv := newOpusConverter(b, media.PCMA)
	clip, u := tone(media.PCMA, 440, 4), &media.Unit{Format: format(media.PCMA)}
	n := 0
	b.ReportAllocs()
	for b.Loop() { // one second of sound
		for range 50 {
			u.Payload = clip[n*packet%len(clip):][:packet]
			u.PTS = time.Duration(n) * 20 * time.Millisecond
			n++
			if _, err := conv.Convert(u); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*100, "core%")
}

// hearOpus decodes Opus with the ffmpeg program, to 48 kHz from the units' own time 0 on.
func hearOpus(t testing.TB, units []*media.Unit) []float64 {
	t.Helper()
	skip := uint16(-units[0].PTS * studioRate / time.Second)
	head := append([]byte("OpusHead\x01"), byte(units[0].Format.Channels), byte(skip), byte(skip>>8), 0x80, 0xBB, 0, 0, 0, 0, 0)
	file := oggPage(nil, 2, 0, 0, head)
	file = oggPage(file, 0, 0, 1, []byte("OpusTags\x00\x00\x00\x00\x00\x00\x00\x00"))
	for i, u := range units {
		file = oggPage(file, 0, uint64((i+1)*960), uint32(i+2), u.Payload)
	}
	return ffmpeg(t, file, "-f", "ogg")
}

// oggPage appends a page with one packet (RFC 3533 section 6).
func oggPage(file []byte, kind byte, granule uint64, number uint32, packet []byte) []byte {
	page := append([]byte("OggS\x00"), kind)
	page = binary.LittleEndian.AppendUint64(page, granule)
	page = binary.LittleEndian.AppendUint32(page, 1)
	page = binary.LittleEndian.AppendUint32(page, number)
	page = append(page, 0, 0, 0, 0, byte(len(packet)/255+1))
	page = append(page, bytes.Repeat([]byte{255}, len(packet)/255)...)
	page = append(append(page, byte(len(packet)%255)), packet...)
	var sum uint32
	for _, b := range page {
		sum ^= uint32(b) << 24
		for range 8 {
			carry := sum >> 31
			sum = sum<<1 ^ carry*0x04C11DB7
		}
	}
	binary.LittleEndian.PutUint32(page[22:], sum)
	return append(file, page...)
}
