package rtmp

import (
	"bytes"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
	"callcast/gateway/internal/stream"
)

var (
	testSPS = []byte{0x67, 0x42, 0xC0, 0x1E, 0xDA, 0x02, 0x80, 0xBF, 0xE5, 0xC0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xC8, 0x3C, 0x58, 0xBA, 0x80}
	testPPS = []byte{0x68, 0xCE, 0x0F, 0x19, 0x20}
)

func video(at uint32, b ...byte) rtmp.Tag {
	return rtmp.Tag{Type: rtmp.TagVideo, Timestamp: at, Payload: b}
}

func audio(at uint32, b ...byte) rtmp.Tag {
	return rtmp.Tag{Type: rtmp.TagAudio, Timestamp: at, Payload: b}
}

func headers(t testing.TB) []rtmp.Tag {
	config := h264.Config(testSPS, testPPS)
	require.NotEmpty(t, config)
	return []rtmp.Tag{
		video(1000, append([]byte{0x17, 0, 0, 0, 0}, config...)...),
		audio(1000, 0xAF, 0, 0x12, 0x10), // AAC-LC 44100 stereo
	}
}

// nals is a payload of NAL units.
func nals(units ...[]byte) (b []byte) {
	for _, u := range units {
		b = h264.AppendNAL(b, u)
	}
	return b
}

func demux(t *testing.T, tags ...rtmp.Tag) (*demuxer, []*media.Unit) {
	t.Helper()
	var d demuxer
	var units []*media.Unit
	for _, tag := range tags {
		before := bytes.Clone(tag.Payload)
		u, err := d.unit(tag)
		require.NoError(t, err)
		require.Equal(t, before, tag.Payload, "input changed")
		if u != nil {
			units = append(units, u)
		}
	}
	return &d, units
}

func TestDemuxer(t *testing.T) {
	idr, inter := []byte{0x65, 1, 2}, []byte{0x41, 3}
	tags := append(headers(t),
		video(1000, append([]byte{0x17, 1, 0, 0, 80}, nals([]byte{0x09, 0xF0}, testSPS, testPPS, []byte{0x06, 9}, idr)...)...),
		audio(1010, 0xAF, 1, 7, 8),
		video(1040, append([]byte{0x27, 1, 0xFF, 0xFF, 0xFE}, nals(inter)...)...),
		video(1080, 0x17, 2, 0, 0, 0), // end of sequence
		video(1080),
	)
	_, units := demux(t, tags...)
	require.Len(t, units, 3)
	picture, sound, next := units[0], units[1], units[2]

	require.Equal(t, testSPS, picture.Format.SPS)
	require.Equal(t, testPPS, picture.Format.PPS)
	require.NotZero(t, picture.Format.Width)
	require.True(t, picture.Key)
	require.Equal(t, nals([]byte{0x06, 9}, idr), picture.Payload, "no delimiter, no parameter sets")
	require.Equal(t, time.Duration(0), picture.DTS)
	require.Equal(t, 80*time.Millisecond, picture.PTS)

	require.Equal(t, media.Format{Codec: media.AAC, SampleRate: 44100, Channels: 2, Config: []byte{0x12, 0x10}}, *sound.Format)
	require.Equal(t, 10*time.Millisecond, sound.PTS)
	require.Equal(t, 1024*time.Second/44100, sound.Duration)
	require.Equal(t, []byte{7, 8}, sound.Payload)

	require.False(t, next.Key)
	require.Same(t, picture.Format, next.Format, "the same parameter sets are the same format")
	require.Equal(t, 40*time.Millisecond, next.DTS)
	require.Equal(t, 38*time.Millisecond, next.PTS, "composition times are signed")
}

func TestDemuxerHeedsNewParameterSets(t *testing.T) {
	pps := []byte{0x68, 0xCE, 0x3C, 0x80}
	_, units := demux(t, append(headers(t),
		video(0, append([]byte{0x17, 1, 0, 0, 0}, nals([]byte{0x65, 1})...)...),
		video(40, append([]byte{0x17, 1, 0, 0, 0}, nals(testSPS, pps, []byte{0x65, 1})...)...))...)
	require.NotSame(t, units[0].Format, units[1].Format)
	require.Equal(t, pps, units[1].Format.PPS)
}

func TestDemuxerRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		tag  rtmp.Tag
		want error
	}{
		"H.263":               {video(0, 0x12, 1, 0, 0, 0), unsupported("this video codec")},
		"enhanced HEVC":       {video(0, 0x90, 'h', 'v', 'c', '1'), unsupported("this video codec")},
		"MP3":                 {audio(0, 0x2F, 1), unsupported("this audio codec")},
		"short video":         {video(0, 0x17, 1), errShort},
		"short audio":         {audio(0, 0xAF), errShort},
		"length beyond end":   {video(0, 0x17, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x65), errPicture},
		"length cut":          {video(0, 0x17, 1, 0, 0, 0, 0, 0), errPicture},
		"picture unannounced": {video(0, 0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65), errNoConfig},
		"sound unannounced":   {audio(0, 0xAF, 1, 1), errNoConfig},
		"empty AAC config":    {audio(0, 0xAF, 0), errAAC},
		"no AAC channels":     {audio(0, 0xAF, 0, 0x12, 0x00), errAAC},
	} {
		t.Run(name, func(t *testing.T) {
			var d demuxer
			u, err := d.unit(tc.tag)
			require.Nil(t, u)
			require.ErrorIs(t, err, tc.want)
		})
	}
}

func TestUnwrapper(t *testing.T) {
	var w unwrapper
	for i, tc := range []struct {
		stamp uint32
		want  time.Duration
	}{
		{0xFFFFFFF0, 0}, {0xFFFFFFFF, 15 * time.Millisecond}, {5, 21 * time.Millisecond}, {1, 17 * time.Millisecond},
	} {
		require.Equal(t, tc.want, w.at(tc.stamp), i)
	}
}

func TestIngestPublishesAndEnds(t *testing.T) {
	s := stream.New(stream.Params{Name: "s", Log: slog.New(slog.DiscardHandler)})
	defer s.Close()
	r := s.Attach(stream.ReaderParams{Audio: []media.Codec{media.AAC}, Video: []media.Codec{media.H264}})
	tags := append(headers(t),
		video(0, 0x17, 1), // damaged: left out
		video(1000, append([]byte{0x17, 1, 0, 0, 0}, nals([]byte{0x65, 1})...)...),
		audio(1010, 0xAF, 1, 7))
	read := func() (rtmp.Tag, error) {
		if len(tags) == 0 {
			return rtmp.Tag{}, io.EOF
		}
		tag := tags[0]
		tags = tags[1:]
		return tag, nil
	}
	require.NoError(t, Ingest(read, s, slog.New(slog.DiscardHandler)))
	for _, want := range []media.Kind{media.Video, media.Audio} {
		u, err := r.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, u.Kind())
	}
	tags = []rtmp.Tag{audio(0, 0x2F, 1)}
	require.ErrorContains(t, Ingest(read, s, slog.New(slog.DiscardHandler)), "publish H.264 and AAC")
}

func FuzzDemuxer(f *testing.F) {
	for _, tag := range headers(f) {
		f.Add(tag.Type == rtmp.TagVideo, tag.Payload)
	}
	f.Add(true, append([]byte{0x17, 1, 0, 0, 80}, nals([]byte{0x09, 0xF0}, testSPS, testPPS, []byte{0x65, 1})...))
	f.Add(false, []byte{0xAF, 0, 0x17, 0x80, 0, 0, 8})
	f.Fuzz(func(t *testing.T, picture bool, b []byte) {
		tag := audio(0, b...)
		if picture {
			tag = video(0, b...)
		}
		var d demuxer
		for _, header := range headers(t) {
			_, err := d.unit(header)
			require.NoError(t, err)
		}
		u, err := d.unit(tag)
		if err != nil {
			require.Nil(t, u)
		}
		if u != nil {
			require.NotNil(t, u.Format)
			require.LessOrEqual(t, len(u.Payload), len(b))
			require.NotEmpty(t, u.Payload)
		}
	})
}
