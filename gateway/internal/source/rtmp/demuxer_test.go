package rtmp

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
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
		u, err := d.unit(tag, time.Now())
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
		"Nellymoser":          {audio(0, 0x6F, 1), unsupported("this audio codec")},
		"short config":        {video(0, 0x17, 0, 0, 0, 0, 1, 66), errShort},
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
			u, err := d.unit(tc.tag, time.Now())
			require.Nil(t, u)
			require.ErrorIs(t, err, tc.want)
		})
	}
}

// TestDemuxerTakesSurroundSound: ffmpeg names no channel configuration for sides instead of backs, but a program config
// element (ISO 14496-3 section 4.5.1.2).
func TestDemuxerTakesSurroundSound(t *testing.T) {
	config := []byte{0x12, 0x00, 0x05, 0x08, 0x44, 0x00, 0x20, 0x00, 0xC4, 0x0D, 'L', 'a', 'v', 'c', '5', '9', '.', '3', '7', '.', '1', '0', '0', 0x56, 0xE5, 0x00}
	_, units := demux(t, audio(0, append([]byte{0xAF, 0}, config...)...), audio(0, 0xAF, 1, 7))
	require.Len(t, units, 1)
	require.Equal(t, config, units[0].Format.Config)
	require.Equal(t, 44100, units[0].Format.SampleRate)
}

// narrow is a header and a payload with lengths of less than 4 bytes before the NAL units.
func narrow(width int, units ...[]byte) (header, payload []byte) {
	header = h264.Config(testSPS, testPPS)
	header[4] = header[4]&^3 | byte(width-1)
	for _, u := range units {
		for i := width - 1; i >= 0; i-- {
			payload = append(payload, byte(len(u)>>(8*i)))
		}
		payload = append(payload, u...)
	}
	return append([]byte{0x17, 0, 0, 0, 0}, header...), append([]byte{0x17, 1, 0, 0, 0}, payload...)
}

func TestDemuxerWidensLengths(t *testing.T) {
	idr, sei := bytes.Repeat([]byte{0x65}, 200), []byte{0x06, 9}
	for _, width := range []int{1, 2, 3} {
		header, payload := narrow(width, sei, testSPS, testPPS, idr)
		_, units := demux(t, video(0, header...), video(0, payload...))
		require.Equal(t, nals(sei, idr), units[0].Payload)
		require.True(t, units[0].Key)
		require.Equal(t, testSPS, units[0].Format.SPS)

		var d demuxer
		_, err := d.unit(video(0, header...), time.Now())
		require.NoError(t, err)
		for cut := 6; cut < len(payload); cut++ { // a cut between two NAL units is none
			_, err = d.unit(video(0, payload[:cut]...), time.Now())
			if left := cut - 5 - width - len(sei); left != 0 && cut < len(payload)-width-len(idr)-width-len(testPPS)-width-len(testSPS) {
				require.ErrorIs(t, err, errPicture, "width %d cut at %d", width, cut)
			}
		}
		_, err = d.unit(video(0, payload[:len(payload)-1]...), time.Now())
		require.ErrorIs(t, err, errPicture)
	}
}

// mainSPS is of the Main profile, which may reorder pictures.
func mainSPS() []byte {
	sps := bytes.Clone(testSPS)
	sps[1], sps[2] = 77, 0
	return sps
}

func TestDemuxerFindsReorderedPictures(t *testing.T) {
	picture := func(at uint32, delay byte) rtmp.Tag {
		return video(at, append([]byte{0x27, 1, 0, 0, delay}, nals([]byte{0x41, 1})...)...)
	}
	header := func(sps []byte) rtmp.Tag {
		return video(0, append([]byte{0x17, 0, 0, 0, 0}, h264.Config(sps, testPPS)...)...)
	}
	for name, tc := range map[string]struct {
		sps    []byte
		delays []byte
		want   []bool
	}{
		"B-frames":                  {mainSPS(), []byte{80, 160, 80, 0, 40}, []bool{false, true, true, true, true}},
		"none":                      {mainSPS(), []byte{0, 0, 0}, []bool{false, false, false}},
		"all as late":               {mainSPS(), []byte{40, 40, 40}, []bool{false, false, false}},
		"Baseline with bad numbers": {testSPS, []byte{0, 1, 0}, []bool{false, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			tags := []rtmp.Tag{header(tc.sps)}
			for i, delay := range tc.delays {
				tags = append(tags, picture(uint32(40*i), delay))
			}
			tags = append(tags, header(tc.sps), picture(400, tc.delays[0])) // told again
			_, units := demux(t, tags...)
			var got []bool
			for i, u := range units[:len(tc.delays)] {
				got = append(got, u.Format.Reorders)
				require.Equal(t, time.Duration(tc.delays[i])*time.Millisecond, u.PTS-u.DTS)
			}
			require.Equal(t, tc.want, got)
			require.Same(t, units[len(units)-2].Format, units[len(units)-1].Format)
			require.Equal(t, tc.sps, units[0].Format.SPS)
		})
	}
}

func TestDemuxerTakesTelephoneCodecs(t *testing.T) {
	for codec, tc := range map[media.Codec]struct {
		head byte
		rate int
		want time.Duration
	}{
		media.PCMA:    {0x72, 8000, 20 * time.Millisecond},
		media.PCMU:    {0x82, 8000, 20 * time.Millisecond},
		media.Speex16: {0xB2, 16000, 20 * time.Millisecond},
	} {
		body := bytes.Repeat([]byte{7}, 160)
		_, units := demux(t, audio(5000, append([]byte{tc.head}, body...)...), audio(5020, tc.head),
			audio(5020, append([]byte{tc.head}, body...)...))
		require.Len(t, units, 2)
		require.Equal(t, media.Format{Codec: codec, SampleRate: tc.rate, Channels: 1}, *units[0].Format)
		require.Equal(t, tc.want, units[0].Duration)
		require.Equal(t, body, units[0].Payload)
		require.Equal(t, 20*time.Millisecond, units[1].PTS)
		require.Same(t, units[0].Format, units[1].Format)
	}
}

func TestDemuxerFollowsAChangeOfCodec(t *testing.T) {
	tags := append(headers(t), audio(0, 0xAF, 1, 7), audio(20, 0x72, 0xD5, 0xD5), audio(40, 0x82, 0xFF))
	d, units := demux(t, tags...)
	_, err := d.unit(audio(60, 0xAF, 1, 7), time.Now())
	require.ErrorIs(t, err, errNoConfig, "AAC again, undescribed")
	var got []media.Codec
	for _, u := range units {
		got = append(got, u.Format.Codec)
	}
	require.Equal(t, []media.Codec{media.AAC, media.PCMA, media.PCMU}, got)
}

func FuzzDemuxer(f *testing.F) {
	for _, tag := range headers(f) {
		f.Add(tag.Type == rtmp.TagVideo, uint8(4), tag.Payload)
	}
	f.Add(true, uint8(4), append([]byte{0x17, 1, 0, 0, 80}, nals([]byte{0x09, 0xF0}, testSPS, testPPS, []byte{0x65, 1})...))
	f.Add(false, uint8(4), []byte{0xAF, 0, 0x17, 0x80, 0, 0, 8})
	f.Add(false, uint8(4), []byte{0x72, 0xD5, 0xD5})
	f.Add(true, uint8(1), []byte{0x17, 1, 0, 0, 0, 2, 0x65, 1})
	f.Fuzz(func(t *testing.T, picture bool, width uint8, b []byte) {
		tag := audio(0, b...)
		if picture {
			tag = video(0, b...)
		}
		var d demuxer
		for _, header := range headers(t) {
			if width > 0 && width < 4 && header.Type == rtmp.TagVideo {
				header.Payload, _ = narrow(int(width))
			}
			_, err := d.unit(header, time.Now())
			require.NoError(t, err)
		}
		u, err := d.unit(tag, time.Now())
		if err != nil {
			require.Nil(t, u)
		}
		if u != nil {
			require.NotNil(t, u.Format)
			require.LessOrEqual(t, len(u.Payload), 4*len(b)) // lengths of one byte become four
			require.NotEmpty(t, u.Payload)
		}
	})
}
