//go:build cgo && !nolibav

package transcode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/assets"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/codec/vp8"
	"callcast/gateway/internal/media"
)

var videoPairs = [][2]media.Codec{{media.H264, media.VP8}, {media.VP8, media.H264}, {media.H264, media.H264}}

func newVideoConverter(t testing.TB, from, to media.Codec) *video {
	t.Helper()
	conv, err := New().Derive(from, to)
	require.NoError(t, err)
	t.Cleanup(conv.Close)
	return conv.(*video)
}

func convert(t testing.TB, conv *video, units []*media.Unit) (out []*media.Unit) {
	t.Helper()
	for _, u := range units {
		some, err := conv.Convert(u)
		require.NoError(t, err)
		out = append(out, some...)
	}
	return out
}

// clipIn is the demo clip in a codec.
func clipIn(t testing.TB, codec media.Codec) []*media.Unit {
	t.Helper()
	units := clipUnits(t, 0)
	if codec == media.H264 {
		return units
	}
	return convert(t, newVideoConverter(t, media.H264, codec), units)
}

// show decodes units and calls see with each picture.
func show(t testing.TB, units []*media.Unit, see func(i int, img *image.RGBA)) {
	t.Helper()
	d := newDecoder(t, units[0].Format.Codec)
	var img *image.RGBA
	for i, u := range units {
		fresh, err := d.Decode(u)
		require.NoError(t, err)
		require.True(t, fresh, "picture %d comes out at once", i)
		img = d.Picture(img, 0)
		see(i, img)
	}
}

func TestClipThroughEveryPair(t *testing.T) {
	for _, pair := range videoPairs {
		t.Run(fmt.Sprint(pair), func(t *testing.T) {
			source := clipIn(t, pair[0])
			conv := newVideoConverter(t, pair[0], pair[1])
			units := convert(t, conv, source)
			require.Len(t, units, len(source), "no picture is held back")
			bytes := 0
			for i, u := range units {
				require.Equal(t, source[i].PTS, u.PTS)
				require.Equal(t, u.PTS, u.DTS)
				require.Equal(t, i%(2*assets.ClipRate) == 0, u.Key, "picture %d: a key picture every two seconds", i)
				require.False(t, u.Gap)
				require.Same(t, units[0].Format, u.Format)
				requireWellFormed(t, u)
				bytes += len(u.Payload)
			}
			show(t, units, func(i int, img *image.RGBA) {
				require.Equal(t, image.Rect(0, 0, assets.ClipWidth, assets.ClipHeight), img.Bounds())
				require.Equal(t, i%assets.ClipRate < 2, lamp(img), "lamp in picture %d", i)
			})
			seconds := float64(len(units)) / assets.ClipRate
			require.Less(t, float64(bytes)*8/seconds, 1.2*float64(bitRate(assets.ClipWidth, assets.ClipHeight)), "bits a second")
		})
	}
}

// requireWellFormed holds a unit against what media says of payloads and formats.
func requireWellFormed(t testing.TB, u *media.Unit) {
	t.Helper()
	if u.Format.Codec == media.VP8 {
		require.Equal(t, u.Key, vp8.IsKey(u.Payload))
		if u.Key {
			f, err := vp8.NewFormat(u.Payload)
			require.NoError(t, err)
			require.Equal(t, f, u.Format)
		}
		return
	}
	s, err := h264.ParseSPS(u.Format.SPS)
	require.NoError(t, err)
	require.EqualValues(t, 66, s.Profile)
	require.NotZero(t, s.Compatibility&0x40, "constrained baseline")
	require.GreaterOrEqual(t, s.Level, byte(31))
	var payload []byte
	for nal := range h264.NALs(u.Payload) {
		kind := nal[0] & 0x1F
		require.Contains(t, []byte{1, 5, 6}, kind)
		require.False(t, !u.Key && kind == 5 || u.Key && kind == 1)
		payload = h264.AppendNAL(payload, nal)
	}
	require.Equal(t, u.Payload, payload)
}

func TestKeyframeOnDemand(t *testing.T) {
	for _, pair := range videoPairs {
		conv := newVideoConverter(t, pair[0], pair[1])
		var keys []int
		for i, u := range clipIn(t, pair[0])[:75] {
			if i == 20 {
				conv.RequestKeyframe()
				conv.RequestKeyframe()
			}
			out := convert(t, conv, []*media.Unit{u})
			if out[0].Key {
				keys = append(keys, i)
			}
		}
		require.Equal(t, []int{0, 20, 20 + 2*assets.ClipRate}, keys, "%v", pair)
	}
}

// What is damaged is dropped, with what refers to it; the next key unit mends it.
func TestDamageIsDropped(t *testing.T) {
	damages := map[string]func(u *media.Unit){
		"empty": func(u *media.Unit) { u.Payload = nil },
		"noise": func(u *media.Unit) { u.Payload = bytes.Repeat([]byte{0xFF, 0xA5, 0x11, 0x00}, 300) },
		"gap":   func(u *media.Unit) { u.Gap = true },
	}
	for _, pair := range videoPairs {
		source := clipIn(t, pair[0])
		key := source[0]
		for name, damage := range damages {
			t.Run(fmt.Sprint(pair, name), func(t *testing.T) {
				conv := newVideoConverter(t, pair[0], pair[1])
				require.Empty(t, convert(t, conv, source[1:5]), "no key unit yet")
				units := []*media.Unit{}
				for i, u := range source[:40] {
					v := *u
					if i == 10 {
						damage(&v)
					}
					if i == 20 {
						v.Key, v.Payload = true, key.Payload
					}
					if i > 20 {
						v.Payload = source[i-20].Payload
						v.Key = false
					}
					units = append(units, convert(t, conv, []*media.Unit{&v})...)
				}
				require.Len(t, units, 30)
				require.Equal(t, source[9].PTS, units[9].PTS)
				require.Equal(t, source[20].PTS, units[10].PTS)
				require.True(t, units[10].Gap)
				require.False(t, units[11].Gap)
			})
		}
	}
}

// Pictures that refer to later ones come out in the order in which they are shown.
func TestReorderedPicturesAreShownInOrder(t *testing.T) {
	source := flvUnits(t, "-f", "h264", "-r", fmt.Sprint(assets.ClipRate), "-i", "pipe:0",
		"-c:v", "libx264", "-profile:v", "main", "-bf", "2", "-b_strategy", "0", "-g", "50")
	require.False(t, slices.IsSortedFunc(source, func(a, b *media.Unit) int { return int(a.PTS - b.PTS) }), "has B pictures")
	var stamps []time.Duration
	for _, u := range source {
		stamps = append(stamps, u.PTS)
	}
	slices.Sort(stamps)
	for _, to := range []media.Codec{media.H264, media.VP8} {
		units := convert(t, newVideoConverter(t, media.H264, to), source)
		require.InDelta(t, len(source), len(units), 3, "the last ones wait for their followers")
		for i, u := range units {
			require.Equal(t, stamps[i], u.PTS)
			require.Equal(t, u.PTS, u.DTS)
		}
		show(t, units, func(i int, img *image.RGBA) {
			require.Equal(t, i%assets.ClipRate < 2, lamp(img), "lamp in picture %d", i)
		})
	}
}

func TestSizeChanges(t *testing.T) {
	large, small := clipIn(t, media.VP8)[:30], ivfUnits(t, "321x181", 30)
	source := slices.Concat(large, small, large)
	for i := range source {
		u := *source[i]
		u.PTS = time.Duration(i) * time.Second / assets.ClipRate
		source[i] = &u
	}
	units := convert(t, newVideoConverter(t, media.VP8, media.H264), source)
	require.Len(t, units, 90)
	for i, width := range []int{640, 320, 640} {
		passage := units[30*i : 30*i+30]
		require.True(t, passage[0].Key, "passage %d", i)
		for _, u := range passage {
			require.Same(t, passage[0].Format, u.Format)
			require.Equal(t, width, u.Format.Width)
			requireWellFormed(t, u)
		}
		show(t, passage, func(_ int, img *image.RGBA) { require.Equal(t, width, img.Bounds().Dx()) })
	}
	require.Equal(t, 180, units[30].Format.Height, "odd lines are left out")
}

func TestPicturesTooSmallToSeeAreDropped(t *testing.T) {
	require.Empty(t, convert(t, newVideoConverter(t, media.VP8, media.H264), ivfUnits(t, "14x14", 3)))
	require.Len(t, convert(t, newVideoConverter(t, media.VP8, media.H264), ivfUnits(t, "16x16", 3)), 3)
}

func TestOtherColourFormats(t *testing.T) {
	for _, form := range []string{"yuv422p", "yuv444p", "yuvj420p"} {
		source := flvUnits(t, "-f", "h264", "-r", "25", "-i", "pipe:0", "-frames:v", "10",
			"-c:v", "libx264", "-pix_fmt", form, "-bf", "0", "-preset", "ultrafast")
		for _, to := range []media.Codec{media.H264, media.VP8} {
			units := convert(t, newVideoConverter(t, media.H264, to), source)
			require.NotEmpty(t, units, form)
			show(t, units, func(i int, img *image.RGBA) {
				require.Equal(t, i < 2, lamp(img), "lamp in picture %d of %s", i, form)
			})
		}
	}
}

func TestAPassageFromThePastIsLeftOut(t *testing.T) {
	source := clipIn(t, media.VP8)
	conv := newVideoConverter(t, media.VP8, media.H264)
	units := convert(t, conv, source[:50])
	units = append(units, convert(t, conv, source)...)
	require.Len(t, units, len(source))
	for i, u := range units {
		require.Equal(t, source[i].PTS, u.PTS)
	}
}

func TestVideoThatCannotBeMade(t *testing.T) {
	for _, pair := range [][2]media.Codec{{media.VP8, media.VP8}, {media.H264, media.AAC}, {media.PCMA, media.VP8}} {
		require.False(t, New().Can(pair[0], pair[1]))
		_, err := New().Derive(pair[0], pair[1])
		require.Error(t, err)
	}
}

func TestVideoLeaksNothing(t *testing.T) {
	source := clipIn(t, media.VP8)[:2]
	requireSteadyMemory(t, func() {
		conv, err := New().Derive(media.VP8, media.H264)
		require.NoError(t, err)
		for _, u := range source {
			_, err := conv.Convert(u)
			require.NoError(t, err)
		}
		conv.Close()
	})
}

// flvUnits are the pictures of the demo clip as ffmpeg makes them. FLV holds them as units do.
func flvUnits(t testing.TB, args ...string) (units []*media.Unit) {
	t.Helper()
	clip, err := assets.ClipVideo(0)
	require.NoError(t, err)
	args = append([]string{"-nostdin", "-loglevel", "error"}, args...)
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append(args, "-threads", "1", "-f", "flv", "pipe:1")...)
	cmd.Stdin = bytes.NewReader(clip)
	file, err := cmd.Output()
	require.NoError(t, err)
	var format *media.Format
	for b := file[13:]; len(b) > 15; {
		n := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		ms := int(b[7])<<24 | int(b[4])<<16 | int(b[5])<<8 | int(b[6])
		tag, body := b[0], b[11:11+n]
		b = b[11+n+4:]
		switch {
		case tag != 9:
		case body[1] == 0:
			sps, pps, err := h264.ParseConfig(body[5:])
			require.NoError(t, err)
			format, err = h264.NewFormat(sps, pps)
			require.NoError(t, err)
		case body[1] == 1:
			dts := time.Duration(ms) * time.Millisecond
			offset := int(body[2])<<16 | int(body[3])<<8 | int(body[4])
			units = append(units, &media.Unit{
				Format: format, Key: body[0]>>4 == 1, DTS: dts, PTS: dts + time.Duration(offset)*time.Millisecond, Payload: body[5:],
			})
		}
	}
	return units
}

// ivfUnits are pictures in VP8 as ffmpeg makes them.
func ivfUnits(t testing.TB, size string, n int) (units []*media.Unit) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=r=25:s="+size,
		"-frames:v", fmt.Sprint(n), "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-f", "ivf", "pipe:1")
	file, err := cmd.Output()
	require.NoError(t, err)
	var format *media.Format
	for b := file[32:]; len(b) > 12; {
		size := int(binary.LittleEndian.Uint32(b))
		frame := b[12 : 12+size]
		b = b[12+size:]
		if vp8.IsKey(frame) {
			format, err = vp8.NewFormat(frame)
			require.NoError(t, err)
		}
		pts := time.Duration(len(units)) * time.Second / 25
		units = append(units, &media.Unit{Format: format, Key: vp8.IsKey(frame), PTS: pts, DTS: pts, Payload: frame})
	}
	return units
}

func FuzzVideo(f *testing.F) {
	for i, pair := range videoPairs {
		for _, u := range clipIn(f, pair[0])[:2] {
			f.Add(byte(i), u.Payload)
		}
	}
	sets := clipUnits(f, 0)[0].Format
	f.Fuzz(func(t *testing.T, pair byte, payload []byte) {
		codecs := videoPairs[int(pair)%len(videoPairs)]
		if w, h, err := vp8.Size(payload); err == nil && w*h > 1<<20 {
			return // takes long
		}
		conv := newVideoConverter(t, codecs[0], codecs[1])
		format := &media.Format{Codec: codecs[0], SPS: sets.SPS, PPS: sets.PPS}
		for i := range 3 {
			u := &media.Unit{Format: format, Key: i == 0, PTS: time.Duration(i), Payload: payload}
			if _, err := conv.Convert(u); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkVideo(b *testing.B) {
	for _, pair := range videoPairs {
		b.Run(fmt.Sprintf("%s to %s", pair[0], pair[1]), func(b *testing.B) {
			source := clipIn(b, pair[0])
			conv := newVideoConverter(b, pair[0], pair[1])
			n := 0
			for b.Loop() { // one second of pictures
				for range assets.ClipRate {
					u := *source[n%len(source)]
					u.PTS = time.Duration(n) * time.Second / assets.ClipRate
					n++
					if _, err := conv.Convert(&u); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*100, "core%")
		})
	}
}
