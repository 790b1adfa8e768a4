//go:build cgo && !nolibav

package preview

import (
	"bytes"
	"encoding/binary"
	"image"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/assets"
	"callcast/gateway"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

func newStream(t *testing.T) (*stream.Stream, *stream.Publisher) {
	t.Helper()
	s := stream.New(stream.Params{Name: "test", Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(s.Close)
	return s, s.Publish(stream.PublisherParams{})
}

func open(t *testing.T, s *stream.Stream, p Params) *Preview {
	t.Helper()
	p.Stream, p.Log = s, slog.New(slog.DiscardHandler)
	v := New(p)
	t.Cleanup(v.Close)
	return v
}

// pictures are the units of the demo clip.
func pictures(t *testing.T) []*media.Unit {
	t.Helper()
	raw, err := assets.ClipVideo(0)
	require.NoError(t, err)
	f := &media.Format{Codec: media.H264, Width: assets.ClipWidth, Height: assets.ClipHeight}
	var units []*media.Unit
	for nal := range bytes.SplitSeq(raw, []byte{0, 0, 1}) {
		nal = bytes.TrimRight(nal, "\x00")
		if len(nal) == 0 {
			continue
		}
		switch nal[0] & 0x1F {
		case 9:
			units = append(units, &media.Unit{Format: f, Key: len(units) == 0})
		case 7:
			f.SPS = nal
		case 8:
			f.PPS = nal
		default:
			u := units[len(units)-1]
			u.Payload = append(binary.BigEndian.AppendUint32(u.Payload, uint32(len(nal))), nal...)
		}
	}
	return units
}

// await asks for pictures until one comes.
func await(t *testing.T, v *Preview) *image.RGBA {
	t.Helper()
	var img *image.RGBA
	require.Eventually(t, func() bool {
		var fresh bool
		img, fresh = v.Frame(img)
		return fresh
	}, 20*time.Second, time.Millisecond)
	return img
}

func TestFrameShowsTheStream(t *testing.T) {
	defer goleak.VerifyNone(t)
	s, pub := newStream(t)
	v := open(t, s, Params{MaxWidth: 320})
	_, fresh := v.Frame(nil)
	require.False(t, fresh, "nothing has come yet")
	units := pictures(t)

	pub.Write(units[0])
	img := await(t, v)
	require.Equal(t, image.Rect(0, 0, 320, 180), img.Rect)
	require.Greater(t, img.RGBAAt(260, 60).R, uint8(200), "the lamp is lit in the first picture")

	same, fresh := v.Frame(img)
	require.False(t, fresh, "it has been handed out")
	require.Same(t, img, same)

	pub.Write(units[1])
	await(t, v)
	pub.Write(units[2])
	img = await(t, v)
	require.Less(t, img.RGBAAt(225, 60).R, uint8(100), "and dark in the third")
	v.Close()
	s.Close()
}

func TestFrameBelongsToTheCaller(t *testing.T) {
	s, pub := newStream(t)
	v := open(t, s, Params{})
	units := pictures(t)
	pub.Write(units[0])
	img := await(t, v)
	before := bytes.Clone(img.Pix)
	for _, u := range units[1:10] {
		pub.Write(u)
	}
	require.NotEqual(t, before, await(t, v).Pix)
	require.Equal(t, before, img.Pix)
}

func TestLevel(t *testing.T) {
	s, pub := newStream(t)
	v := open(t, s, Params{})
	require.Zero(t, v.Level().At)
	tests := map[string]struct {
		payload   []byte
		rms, peak float64
	}{
		// 0xAA and 0x2A are the largest codes of A-law, 32256.
		"full scale": {bytes.Repeat([]byte{0xAA, 0x2A}, 400), 20 * math.Log10(32256.0/32768), 20 * math.Log10(32256.0/32768)},
		// 0xD5 is the smallest, 8.
		"silence": {media.Silence(media.PCMA, 800), 20 * math.Log10(8.0/32768), 20 * math.Log10(8.0/32768)},
	}
	f := &media.Format{Codec: media.PCMA, SampleRate: 8000, Channels: 1}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := v.Level().At
			pub.Write(&media.Unit{Format: f, Key: true, Payload: test.payload})
			require.Eventually(t, func() bool { return v.Level().At.After(before) }, 20*time.Second, time.Millisecond)
			require.InDelta(t, test.rms, v.Level().RMS, 0.5)
			require.InDelta(t, test.peak, v.Level().Peak, 0.5)
		})
	}
}

// TestLevelOfCompressedSound: the meter hears whatever a stream carries, also when that changes.
func TestLevelOfCompressedSound(t *testing.T) {
	s, pub := newStream(t)
	v := open(t, s, Params{})
	tone := make([]int16, 48000)
	for i := range tone {
		tone[i] = int16(16384 * math.Sin(2*math.Pi*1000*float64(i)/48000)) // half of full scale: -9 dB
	}
	for _, codec := range []media.Codec{media.AAC, media.Opus, media.PCMU, media.G722} {
		enc, err := transcode.NewSoundEncoder(codec, 48000, 1)
		require.NoError(t, err)
		units, err := enc.Encode(tone, 0)
		require.NoError(t, err)
		before := v.Level().At
		for _, u := range units {
			pub.Write(u)
		}
		require.Eventually(t, func() bool { return v.Level().At.After(before) && math.Abs(v.Level().RMS+9) < 1 }, 20*time.Second, time.Millisecond,
			"%s: %v", codec, v.Level())
		enc.Close()
	}
}

func TestDecibelsEndAtSilence(t *testing.T) {
	require.InDelta(t, gateway.SilenceLevel, decibels(0), 0)
	require.InDelta(t, gateway.SilenceLevel, decibels(1e-9), 0)
	require.Zero(t, decibels(1))
}

func TestShutterKeepsTheRate(t *testing.T) {
	s := shutter{period: 100 * time.Millisecond}
	opened := 0
	begin := time.Now()
	for i := range 100 {
		if s.opens(begin.Add(time.Duration(i) * 40 * time.Millisecond)) {
			opened++
		}
	}
	require.InDelta(t, 40, opened, 1)
	require.True(t, s.opens(begin.Add(time.Hour)), "a pause does not shut it")
	require.False(t, s.opens(begin.Add(time.Hour)))
}
