package sip

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/codec/video"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/sdp"
	"callcast/gateway/internal/slate"
	"callcast/gateway/internal/stream"
)

// vp8Slate is a key picture in VP8.
func vp8Slate(t *testing.T) *media.Unit {
	t.Helper()
	slates, err := slate.LoadSet()
	require.NoError(t, err)
	return slates[media.VP8].Unit(0)
}

// colouredVP8 is a key picture that is not the slate's.
func colouredVP8(t *testing.T, mark byte) *media.Unit {
	t.Helper()
	u := vp8Slate(t)
	return &media.Unit{
		Format: u.Format, Key: true, Payload: append(slices.Clone(u.Payload[:10]), bytes.Repeat([]byte{0x65, 0xB8, mark}, 700)...),
	}
}

// interVP8 is a picture that is no key.
func interVP8(t *testing.T) *media.Unit {
	t.Helper()
	return &media.Unit{Format: vp8Slate(t).Format, Payload: []byte{0x31, 1, 2, 3}}
}

// showing is the phone's description with pictures in codecs, in their order.
func (p *phone) showing(codecs ...media.Codec) []byte {
	text := string(p.sdp("sendrecv", "sendrecv"))
	line, formats := "RTP/AVP", ""
	for _, c := range codecs {
		pt := map[media.Codec]int{media.H264: sdp.H264Mode1, media.VP8: sdp.VP8}[c]
		line += fmt.Sprintf(" %d", pt)
		formats += fmt.Sprintf("a=rtpmap:%d %s/90000\r\n", pt, c)
	}
	text = strings.Replace(text, "RTP/AVP 112", line, 1)
	text = strings.Replace(text, "a=rtpmap:112 H264/90000\r\n", formats, 1)
	return []byte(strings.Replace(text, "a=fmtp:112 packetization-mode=1", "a=fmtp:114 max-fr=30;max-fs=3600\r\na=fmtp:112 packetization-mode=1", 1))
}

// gets waits until the phone has received a picture in a codec.
func (p *phone) gets(t *testing.T, c media.Codec, picture []byte) {
	t.Helper()
	want := map[media.Codec]uint8{media.H264: sdp.H264Mode1, media.VP8: sdp.VP8}[c]
	seen := false
	d := video.NewDepacketiser(c, func(pic video.Picture) { seen = seen || bytes.Equal(pic.Payload, picture) })
	for !seen {
		if packet := receive(t, p.video); packet.PayloadType == want {
			d.Push(video.Packet{Timestamp: packet.Timestamp, Marker: packet.Marker, Payload: packet.Payload})
		}
	}
}

func TestPicturesInVP8BecomeUnits(t *testing.T) {
	r := newVideoRig(t)
	r.negotiated(&sdp.Media{
		Payloads:  []sdp.Payload{{Type: sdp.VP8, Codec: media.VP8, ClockRate: videoRate}},
		Direction: sdp.Direction{Send: true, Receive: true},
	})
	key, inter := colouredVP8(t, 1), interVP8(t)
	r.send(0, inter, 0)
	require.Empty(t, r.units, "it refers to what never came")
	require.Equal(t, 1, r.wanted)
	r.send(picturePeriod, key, 0)
	r.send(2*picturePeriod, inter, 0)
	require.Len(t, r.units, 2)
	require.Equal(t, media.VP8, r.units[0].Format.Codec)
	require.Equal(t, 640, r.units[0].Format.Width)
	require.Equal(t, key.Payload, r.units[0].Payload)
	require.True(t, r.units[0].Key)
	require.False(t, r.units[1].Key)

	r.send(3*picturePeriod, inter, 1)
	r.send(4*picturePeriod, inter, 0)
	require.Len(t, r.units, 2, "what was lost is missing in all that follows")
	require.Greater(t, r.wanted, 1)
	_, _, lost := r.stats()
	require.NotZero(t, lost)
	r.send(5*picturePeriod, key, 0)
	require.True(t, r.units[2].Gap)

	r.tickTo(5*picturePeriod, 5*time.Second)
	require.Equal(t, vp8Slate(t).Payload, r.units[3].Payload, "the slate is in the codec of the call")
}

// TestCodecIsToldByEachPacket: a phone changes it without a word.
func TestCodecIsToldByEachPacket(t *testing.T) {
	r := newVideoRig(t)
	r.negotiated(&sdp.Media{
		Payloads: []sdp.Payload{
			{Type: sdp.H264Mode1, Codec: media.H264, ClockRate: videoRate}, {Type: sdp.VP8, Codec: media.VP8, ClockRate: videoRate},
		},
		Direction: sdp.Direction{Send: true, Receive: true},
	})
	r.send(0, r.source.Unit(0), 0)
	r.send(picturePeriod, interVP8(t), 0)
	require.Equal(t, 1, r.wanted, "nothing before a key picture of the new codec")
	r.send(2*picturePeriod, colouredVP8(t, 1), 0)
	r.send(3*picturePeriod, r.inter(), 0)
	r.send(4*picturePeriod, r.source.Unit(1), 0)
	var codecs []media.Codec
	for _, u := range r.units {
		codecs = append(codecs, u.Format.Codec)
	}
	require.Equal(t, []media.Codec{media.H264, media.VP8, media.H264}, codecs)
	_, _, lost := r.stats()
	require.EqualValues(t, 2, lost, "of both codecs")
	requireForward(t, r.units)
}

// TestCallInVP8 goes to VP8, to H.264 and back, while a stream is injected.
func TestCallInVP8(t *testing.T) {
	r, from := newRig(t, true), newLive(t)
	viewer := r.params.Stream.Attach(anyVideo())
	t.Cleanup(viewer.Close)
	a, err := r.Answer(r.phone.showing(media.VP8))
	require.NoError(t, err)
	require.Equal(t, media.VP8, a.Video.Payloads[0].Codec)
	r.phone.gets(t, media.VP8, vp8Slate(t).Payload)
	theirs := colouredVP8(t, 1)
	r.phone.show(0, theirs)
	watch(t, viewer, theirs)

	r.Inject(from.Stream, nil)
	inVP8, inH264 := colouredVP8(t, 2), coloured(t, 3)
	from.show(t, inVP8)
	r.phone.gets(t, media.VP8, inVP8.Payload)

	answer, err := r.Reoffer(r.phone.showing(media.H264, media.VP8))
	require.NoError(t, err)
	require.Contains(t, string(answer), "RTP/AVP 112\r\n", "the codec that the other side likes best, and no other")
	from.show(t, inH264)
	r.phone.gets(t, media.H264, inH264.Payload)
	theirs = coloured(t, 4)
	r.phone.show(90000, theirs)
	watch(t, viewer, theirs)

	answer, err = r.Reoffer(r.phone.showing(media.VP8, media.H264))
	require.NoError(t, err)
	require.Contains(t, string(answer), "RTP/AVP 114\r\n")
	r.EndInjection()
	r.phone.gets(t, media.VP8, vp8Slate(t).Payload)
	theirs = colouredVP8(t, 5)
	r.phone.show(180000, theirs)
	watch(t, viewer, theirs)
	_, v := r.Stats()
	require.Equal(t, "VP8", v.Codec)
}

// TestPicturesComeAndGo: the other side takes its camera out of the call and puts it back, in another codec. The sound has
// no hole, and the slate is where no picture is.
func TestPicturesComeAndGo(t *testing.T) {
	r := newRig(t, true)
	viewer := r.params.Stream.Attach(anyVideo())
	t.Cleanup(viewer.Close)
	_, err := r.Answer(r.phone.sdp("sendrecv", ""))
	require.NoError(t, err)
	require.True(t, nextPicture(t, viewer).Fill)

	for i, c := range []media.Codec{media.VP8, media.H264} {
		answer, err := r.Reoffer(r.phone.showing(c))
		require.NoError(t, err)
		require.NotContains(t, string(answer), "m=video 0")
		theirs := map[media.Codec]*media.Unit{media.VP8: colouredVP8(t, 1), media.H264: coloured(t, 1)}[c]
		r.phone.show(uint32(i)*90000, theirs)
		watch(t, viewer, theirs)
		answer, err = r.Reoffer(r.phone.sdp("sendrecv", ""))
		require.NoError(t, err)
		require.Contains(t, string(answer), "m=video 0")
		require.True(t, nextPicture(t, viewer).Fill, "at once")
		_, v := r.Stats()
		require.Empty(t, v.Codec)
	}
	units := r.collect(t, func(units []*media.Unit) bool { return len(of(media.Audio, units)) > 50 })
	requireGapless(t, of(media.Audio, units))
}

// TestWhoHasNoPictureTakesNone, even if it is offered one later.
func TestWhoHasNoPictureTakesNone(t *testing.T) {
	r := newRig(t, true)
	r.local.Video.Port = 0
	_, err := r.Answer(r.phone.sdp("sendrecv", ""))
	require.NoError(t, err)
	answer, err := r.Reoffer(r.phone.showing(media.VP8))
	require.NoError(t, err)
	require.Contains(t, string(answer), "m=video 0 RTP/AVP 114")
}

// anyVideo is a reader that takes pictures of any codec.
func anyVideo() stream.ReaderParams {
	return stream.ReaderParams{Name: "viewer", Sink: gateway.SinkPreview, Video: []media.Codec{media.H264, media.VP8}}
}

func nextPicture(t *testing.T, r *stream.Reader) *media.Unit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patienceOfTests)
	defer cancel()
	u, err := r.Next(ctx)
	require.NoError(t, err)
	return u
}

// watch reads on to a picture.
func watch(t *testing.T, r *stream.Reader, picture *media.Unit) {
	t.Helper()
	for !bytes.Equal(nextPicture(t, r).Payload, picture.Payload) {
	}
}

// show lets a stream have one picture, as soon as it is read in the picture's codec, again and again until the test ends.
func (l *live) show(t *testing.T, u *media.Unit) {
	t.Helper()
	done, ended := make(chan struct{}), make(chan struct{})
	if l.stop != nil {
		l.stop()
	}
	l.stop = sync.OnceFunc(func() { close(done); <-ended })
	t.Cleanup(l.stop)
	go func() {
		defer close(ended)
		ticker := time.NewTicker(picturePeriod)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case now := <-ticker.C:
				next := *u
				next.PTS = now.Sub(l.begun)
				next.DTS, next.Arrived = next.PTS, now
				l.publisher.Write(&next)
			}
		}
	}()
}

// TestWhoOnlyReceivesTakesPictures that are put into the call later, and sends none.
func TestWhoOnlyReceivesTakesPictures(t *testing.T) {
	r := newRig(t, false)
	viewer := r.params.Stream.Attach(anyVideo())
	t.Cleanup(viewer.Close)
	_, err := r.Answer(r.phone.sdp("sendrecv", ""))
	require.NoError(t, err)
	answer, err := r.Reoffer(r.phone.showing(media.VP8))
	require.NoError(t, err)
	require.NotContains(t, string(answer), "m=video 0")
	require.Equal(t, 2, strings.Count(string(answer), "a=recvonly"))
	theirs := colouredVP8(t, 1)
	r.phone.show(0, theirs)
	watch(t, viewer, theirs)
}
