package rtmp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
)

// tape remembers what a connection is told.
type tape struct {
	tags []rtmp.Tag
	meta []rtmp.Metadata
}

func (t *tape) WriteTag(tag rtmp.Tag) error {
	tag.Payload = append([]byte(nil), tag.Payload...)
	t.tags = append(t.tags, tag)
	return nil
}

func (t *tape) WriteMetadata(m rtmp.Metadata) error {
	t.meta = append(t.meta, m)
	return nil
}

// stamps are the timestamps of one kind's tags, without sequence headers.
func (t *tape) stamps(kind rtmp.TagType) (all []uint32) {
	for _, tag := range t.tags {
		if tag.Type == kind && tag.Payload[1] != 0 {
			all = append(all, tag.Timestamp)
		}
	}
	return all
}

var (
	testSPS = []byte{0x67, 0x42, 0xC0, 0x1E, 0xDA, 0x02, 0x80, 0xBF, 0xE5, 0xC0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xC8, 0x3C, 0x58, 0xBA, 0x80}
	testPPS = []byte{0x68, 0xCE, 0x0F, 0x19, 0x20}
	sound   = &media.Format{Codec: media.AAC, SampleRate: 48000, Channels: 1, Config: []byte{0x11, 0x88}}
)

func pictures(t *testing.T) *media.Format {
	f, err := h264.NewFormat(testSPS, testPPS)
	require.NoError(t, err)
	return f
}

const ms = time.Millisecond

func frame(f *media.Format, dts time.Duration, key bool) *media.Unit {
	return &media.Unit{Format: f, DTS: dts, PTS: dts, Key: key, Payload: []byte{0, 0, 0, 1, 0x65}}
}

func tone(dts time.Duration) *media.Unit {
	return &media.Unit{Format: sound, DTS: dts, PTS: dts, Key: true, Payload: []byte{0x21}}
}

func feed(t *testing.T, m *muxer, units ...*media.Unit) {
	t.Helper()
	for _, u := range units {
		require.NoError(t, m.write(u))
	}
}

func TestMuxerBeginsWithHeadersAndAPicture(t *testing.T) {
	f, out, m := pictures(t), new(tape), newMuxer()
	m.connect(out)
	feed(t, m, tone(4980*ms), frame(f, 5*time.Second, true), tone(4990*ms), tone(5001*ms))
	late := frame(f, 5040*ms, false)
	late.PTS += 80 * ms
	feed(t, m, late)
	require.Equal(t, []rtmp.Tag{
		{Type: rtmp.TagVideo, Timestamp: 0, Payload: append([]byte{0x17, 0, 0, 0, 0}, h264.Config(testSPS, testPPS)...)},
		{Type: rtmp.TagVideo, Timestamp: 0, Payload: []byte{0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65}},
		{Type: rtmp.TagAudio, Timestamp: 1, Payload: []byte{0xAF, 0, 0x11, 0x88}},
		{Type: rtmp.TagAudio, Timestamp: 1, Payload: []byte{0xAF, 1, 0x21}},
		{Type: rtmp.TagVideo, Timestamp: 40, Payload: []byte{0x27, 1, 0, 0, 80, 0, 0, 0, 1, 0x65}},
	}, out.tags)
	require.Equal(t, rtmp.Metadata{Width: f.Width, Height: f.Height, AudioSampleRate: 48000, AudioChannels: 1}, out.meta[len(out.meta)-1])
	require.NotZero(t, f.Width)
}

func TestMuxerGoesOnAlone(t *testing.T) {
	out, m := new(tape), newMuxer()
	m.connect(out)
	feed(t, m, tone(0), tone(settle-ms))
	require.Empty(t, out.tags)
	feed(t, m, tone(settle), tone(settle+21*ms))
	require.Equal(t, []uint32{0, 21}, out.stamps(rtmp.TagAudio))
}

func TestMuxerResumesWithoutRepeating(t *testing.T) {
	f, first, second, m := pictures(t), new(tape), new(tape), newMuxer()
	m.connect(first)
	feed(t, m, frame(f, 0, true), tone(10*ms), frame(f, 40*ms, false), frame(f, 80*ms, false))
	m.connect(second)
	// the cache again, what went by in between, a key picture at last
	feed(t, m, frame(f, 0, true), frame(f, 40*ms, false), frame(f, 80*ms, false), frame(f, 5*time.Second, false), tone(5010*ms),
		frame(f, 5040*ms, true), tone(5050*ms))
	require.Equal(t, []uint32{5040}, second.stamps(rtmp.TagVideo))
	require.Equal(t, []uint32{5050}, second.stamps(rtmp.TagAudio))
	require.Equal(t, byte(0), second.tags[0].Payload[1], "sequence header first")
	require.Equal(t, uint32(5040), second.tags[0].Timestamp)
}

// TestMuxerResumesInALongGroup: where sound goes on alone, pictures still wait for a key picture.
func TestMuxerResumesInALongGroup(t *testing.T) {
	f, first, second, m := pictures(t), new(tape), new(tape), newMuxer()
	m.connect(first)
	feed(t, m, frame(f, 0, true), tone(10*ms), frame(f, 40*ms, false))
	m.connect(second)
	for at := time.Duration(0); at < 2*settle; at += 40 * ms {
		feed(t, m, frame(f, at, at == 0), tone(at+10*ms))
	}
	require.NotEmpty(t, second.stamps(rtmp.TagAudio))
	require.Empty(t, second.stamps(rtmp.TagVideo))
	feed(t, m, frame(f, 2*settle, true), frame(f, 2*settle+40*ms, false))
	require.Equal(t, []uint32{4000, 4040}, second.stamps(rtmp.TagVideo))
}

// TestMuxerKeepsTracksThatAreApart: sound that comes five seconds after its pictures is nobody else's.
func TestMuxerKeepsTracksThatAreApart(t *testing.T) {
	const apart = 5 * time.Second
	f, out, m := pictures(t), new(tape), newMuxer()
	m.connect(out)
	for at := time.Duration(0); at <= 2*apart; at += 40 * ms {
		feed(t, m, frame(f, apart+at, true), tone(at))
	}
	stamps := func() []uint32 {
		pictures, sound := out.stamps(rtmp.TagVideo), out.stamps(rtmp.TagAudio)
		return []uint32{pictures[len(pictures)-1], sound[0], sound[len(sound)-1]}
	}
	require.Equal(t, []uint32{10_000, 0, 5000}, stamps())
	feed(t, m, frame(f, apart, true), tone(0), tone(20*ms)) // somebody else
	require.Equal(t, []uint32{10_000 + 1, 0, 5020}, stamps())
}

func TestMuxerNeverStepsBack(t *testing.T) {
	f := pictures(t)
	for _, tc := range []struct {
		name string
		dts  []time.Duration
		want []uint32
	}{
		{"jitter", []time.Duration{0, 40 * ms, 39 * ms, 40 * ms, 80 * ms}, []uint32{0, 40, 41, 42, 80}},
		{"a new timeline", []time.Duration{0, time.Hour, 0, 40 * ms}, []uint32{0, 3_600_000, 3_600_001, 3_600_040}},
		{"beyond 24 bits", []time.Duration{0, 5 * time.Hour}, []uint32{0, 18_000_000}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, m := new(tape), newMuxer()
			m.connect(out)
			for _, dts := range tc.dts {
				feed(t, m, frame(f, dts, true))
			}
			require.Equal(t, tc.want, out.stamps(rtmp.TagVideo))
		})
	}
}

func TestMuxerAnnouncesChangedParameterSets(t *testing.T) {
	out, m := new(tape), newMuxer()
	m.connect(out)
	before, after := pictures(t), pictures(t)
	after.PPS = []byte{0x68, 0xCE, 0x3C, 0x80}
	feed(t, m, frame(before, 0, true), frame(before, 40*ms, true), frame(after, 80*ms, true))
	require.Len(t, out.tags, 5)
	require.Equal(t, h264.Config(after.SPS, after.PPS), out.tags[3].Payload[5:])
	require.Equal(t, uint32(80), out.tags[3].Timestamp)
}

func TestMuxerLeavesOutWhatNobodyCouldDecode(t *testing.T) {
	out, m := new(tape), newMuxer()
	m.connect(out)
	feed(t, m, frame(&media.Format{Codec: media.H264}, 0, true))
	require.Empty(t, out.tags)
}

func TestMuxerDoesNotChangeUnits(t *testing.T) {
	f, m := pictures(t), newMuxer()
	m.connect(new(tape))
	u := frame(f, 0, true)
	before := *u
	feed(t, m, u)
	require.Equal(t, before, *u)
	require.Equal(t, []byte{0, 0, 0, 1, 0x65}, u.Payload)
}
