//go:build cgo && !nolibav

package transcode

import (
	"bytes"
	"encoding/binary"
	"image"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/assets"
	"callcast/gateway/internal/media"
)

// clipUnits are the pictures of the demo clip from an entry on.
func clipUnits(t testing.TB, entry int) []*media.Unit {
	t.Helper()
	raw, err := assets.ClipVideo(entry)
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
			pts := time.Duration(len(units)) * time.Second / assets.ClipRate
			units = append(units, &media.Unit{Format: f, PTS: pts, DTS: pts, Key: len(units) == 0})
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

func newDecoder(t testing.TB, codec media.Codec) *Decoder {
	t.Helper()
	d, err := NewDecoder(codec)
	require.NoError(t, err)
	t.Cleanup(d.Close)
	return d
}

// lamp tells whether the clip's lamp is white in a picture.
func lamp(img *image.RGBA) bool {
	b := img.Bounds()
	c := img.RGBAAt(b.Dx()*520/assets.ClipWidth, b.Dy()*120/assets.ClipHeight)
	return c.R > 200 && c.G > 200 && c.B > 200
}

func TestPicturesShowTheClip(t *testing.T) {
	d := newDecoder(t, media.H264)
	var img *image.RGBA
	for i, u := range clipUnits(t, 0) {
		fresh, err := d.Decode(u)
		require.NoError(t, err)
		require.True(t, fresh, "picture %d comes out at once", i)
		img = d.Picture(img, 320)
		require.Equal(t, image.Rect(0, 0, 320, 180), img.Bounds())
		require.Equal(t, i%assets.ClipRate < 2, lamp(img), "lamp in picture %d", i)
		require.Equal(t, uint8(255), img.RGBAAt(160, 90).A)
	}
}

func TestNoPictureBeforeAKeyUnit(t *testing.T) {
	d := newDecoder(t, media.H264)
	units := clipUnits(t, 0)
	for _, u := range units[1:10] {
		fresh, err := d.Decode(u)
		require.NoError(t, err)
		require.False(t, fresh)
		require.Nil(t, d.Picture(nil, 0))
	}
	fresh, err := d.Decode(units[0])
	require.NoError(t, err)
	require.True(t, fresh)
	require.Equal(t, image.Rect(0, 0, assets.ClipWidth, assets.ClipHeight), d.Picture(nil, 0).Bounds())

	gap := *units[2]
	gap.Gap = true
	for _, u := range []*media.Unit{&gap, units[3]} {
		fresh, err = d.Decode(u)
		require.NoError(t, err)
		require.False(t, fresh, "what follows a gap is damaged")
	}
}

func TestDecoderRefusesNonsense(t *testing.T) {
	tests := map[string][]byte{
		"empty": {}, "cut length": {0, 0}, "length beyond the end": {0, 0, 0, 9, 1}, "huge length": {0xFF, 0xFF, 0xFF, 0xFF, 1},
	}
	for name, payload := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := newDecoder(t, media.H264).Decode(&media.Unit{Format: &media.Format{Codec: media.H264}, Key: true, Payload: payload})
			require.Error(t, err)
		})
	}
	_, err := NewDecoder(media.PCMA)
	require.Error(t, err)
}

func TestDecoderLeaksNothing(t *testing.T) {
	units := clipUnits(t, 95)
	requireSteadyMemory(t, func() {
		d, err := NewDecoder(media.H264)
		require.NoError(t, err)
		for _, u := range units {
			_, err := d.Decode(u)
			require.NoError(t, err)
		}
		require.NotNil(t, d.Picture(nil, 320))
		d.Close()
	})
}

func FuzzDecode(f *testing.F) {
	units := clipUnits(f, 95)
	f.Add(units[0].Format.SPS, units[0].Format.PPS, units[0].Payload)
	f.Add(units[0].Format.SPS, units[0].Format.PPS, units[1].Payload)
	f.Add([]byte{0x67}, []byte{0x68}, []byte{0, 0, 0, 1, 0x65})
	f.Fuzz(func(t *testing.T, sps, pps, payload []byte) {
		d, err := NewDecoder(media.H264)
		require.NoError(t, err)
		defer d.Close()
		format := &media.Format{Codec: media.H264, SPS: sps, PPS: pps}
		if fresh, err := d.Decode(&media.Unit{Format: format, Key: true, Payload: payload}); err == nil && fresh {
			d.Picture(nil, 64)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	d, units := newDecoder(b, media.H264), clipUnits(b, 0)
	n := 0
	for b.Loop() {
		if _, err := d.Decode(units[n%len(units)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

func BenchmarkDecodeAndPicture(b *testing.B) {
	d, units := newDecoder(b, media.H264), clipUnits(b, 0)
	var img *image.RGBA
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Decode(units[n%len(units)]); err != nil {
			b.Fatal(err)
		}
		img = d.Picture(img, 640)
		n++
	}
}
