package rtc_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc"
	"callcast/gateway/internal/rtc/rtctest"
)

func endpoint(t *testing.T) *rtc.Endpoint {
	t.Helper()
	e, err := rtc.Listen(t.Context(), rtc.Params{Host: "127.0.0.1", Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

func telephone() [media.Kinds]media.Codec {
	return [media.Kinds]media.Codec{media.Audio: media.PCMU, media.Video: media.H264}
}

// requireBothWays: what one side sends the other gets, of a kind, in a codec.
func requireBothWays(t *testing.T, p *rtc.Peer, c *rtctest.Camera, kind media.Kind, codec media.Codec) {
	t.Helper()
	requireReceives(t, p, c, kind, codec)
	requireSends(t, p, c, kind, codec)
}

func requireReceives(t *testing.T, p *rtc.Peer, c *rtctest.Camera, kind media.Kind, codec media.Codec) {
	t.Helper()
	spoken := []byte("from the browser")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for n := uint16(0); ; n++ {
		c.Send(t, kind, &rtp.Packet{Header: rtp.Header{SequenceNumber: n}, Payload: spoken})
		select {
		case feed := <-p.Feeds():
			require.Equal(t, kind, feed.Kind())
			buf := make([]byte, 1500)
			got, err := feed.Read(buf)
			require.NoError(t, err)
			require.True(t, bytes.HasSuffix(buf[:got], spoken))
			is, ok := feed.Codec(buf[1] & 0x7F)
			require.True(t, ok)
			require.Equal(t, codec, is)
			return
		case <-ticker.C:
		case <-ctx.Done():
			require.FailNow(t, "nothing came")
		}
	}
}

func requireSends(t *testing.T, p *rtc.Peer, c *rtctest.Camera, kind media.Kind, codec media.Codec) {
	t.Helper()
	track := p.Track(kind)
	require.Equal(t, codec, track.Codecs()[0])
	payloadType, _, ok := track.Format(codec)
	require.True(t, ok)
	spoken := []byte("to the browser")
	require.NoError(t, track.Write(&rtp.Header{Version: 2, PayloadType: payloadType, SequenceNumber: 7}, spoken))
	select {
	case got := <-c.Packets:
		require.Equal(t, spoken, got.Payload)
		require.Equal(t, payloadType, got.PayloadType)
	case <-time.After(10 * time.Second):
		require.FailNow(t, "nothing came")
	}
}

// TestTalkGoesBothWays by the browser's offer, in the codec of the other side though the browser prefers another.
func TestTalkGoesBothWays(t *testing.T) {
	e := endpoint(t)
	c := rtctest.NewPhone(t, rtctest.PhoneParams{
		Audio: []media.Codec{media.PCMU, media.Opus, media.PCMA}, Video: []media.Codec{media.H264, media.VP8},
	})
	p, answer, err := e.Talk(t.Context(), c.Offer(t), telephone(), "call")
	require.NoError(t, err)
	defer p.Close()
	require.Equal(t, 2, strings.Count(answer, "a=sendrecv"))
	c.Accept(t, answer)
	require.NoError(t, p.Connect(t.Context(), 10*time.Second))
	requireBothWays(t, p, c, media.Audio, media.PCMU)
	requireBothWays(t, p, c, media.Video, media.H264)
}

// TestOneWayTalk: a line that the browser only sends, or only receives.
func TestOneWayTalk(t *testing.T) {
	e := endpoint(t)
	c := rtctest.NewPhone(t, rtctest.PhoneParams{
		Audio: []media.Codec{media.PCMU}, Video: []media.Codec{media.H264},
		Deaf: [media.Kinds]bool{media.Audio: true}, Mute: [media.Kinds]bool{media.Video: true},
	})
	p, answer, err := e.Talk(t.Context(), c.Offer(t), telephone(), "call")
	require.NoError(t, err)
	defer p.Close()
	require.Less(t, strings.Index(answer, "a=recvonly"), strings.Index(answer, "a=sendonly"))
	require.Nil(t, p.Track(media.Audio))
	c.Accept(t, answer)
	require.NoError(t, p.Connect(t.Context(), 10*time.Second))
	requireReceives(t, p, c, media.Audio, media.PCMU)
	requireSends(t, p, c, media.Video, media.H264)
}

// TestOfferIsWhatAnyBrowserTakes and is answered by one that has everything.
func TestOfferIsWhatAnyBrowserTakes(t *testing.T) {
	e := endpoint(t)
	p, offer, err := e.Offer(t.Context(), telephone(), "call")
	require.NoError(t, err)
	defer p.Close()
	for line, times := range map[string]int{
		"a=sendrecv": 2, "a=setup:actpass": 2, "a=rtcp-mux\r": 2, "a=end-of-candidates": 1,
		"SAVPF 0 111 8\r": 1, "SAVPF 102 103 96 97\r": 1, "a=rtpmap:8 PCMA/8000": 1, "a=rtpmap:111 opus/48000/2": 1,
		"a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f": 1, "\na=msid:call ": 2,
	} {
		require.Equal(t, times, strings.Count(offer, line), "%s in %s", line, offer)
	}
	c := rtctest.NewPhone(t, rtctest.PhoneParams{
		Audio: []media.Codec{media.PCMU, media.Opus, media.PCMA}, Video: []media.Codec{media.H264, media.VP8},
	})
	require.NoError(t, p.Accept(c.Answer(t, offer)))
	require.NoError(t, p.Connect(t.Context(), 10*time.Second))
	requireBothWays(t, p, c, media.Audio, media.PCMU)
	requireBothWays(t, p, c, media.Video, media.H264)
}

// TestAnswerWithLess: a page that has no camera, and one that has no video at all and takes another codec.
func TestAnswerWithLess(t *testing.T) {
	e := endpoint(t)
	p, offer, err := e.Offer(t.Context(), telephone(), "call")
	require.NoError(t, err)
	defer p.Close()
	c := rtctest.NewPhone(t, rtctest.PhoneParams{
		Audio: []media.Codec{media.Opus}, Video: []media.Codec{media.H264}, Mute: [media.Kinds]bool{media.Video: true},
	})
	require.NoError(t, p.Accept(c.Answer(t, offer)))
	require.NoError(t, p.Connect(t.Context(), 10*time.Second))
	requireBothWays(t, p, c, media.Audio, media.Opus)
	requireSends(t, p, c, media.Video, media.H264)

	p, offer, err = e.Offer(t.Context(), telephone(), "call")
	require.NoError(t, err)
	defer p.Close()
	c = rtctest.NewPhone(t, rtctest.PhoneParams{Audio: []media.Codec{media.PCMA}})
	require.NoError(t, p.Accept(c.Answer(t, offer)))
	require.NoError(t, p.Connect(t.Context(), 10*time.Second))
	require.False(t, p.Has(media.Video))
	requireBothWays(t, p, c, media.Audio, media.PCMA)
}

func TestAnswersThatAreNone(t *testing.T) {
	e := endpoint(t)
	p, offer, err := e.Offer(t.Context(), telephone(), "call")
	require.NoError(t, err)
	defer p.Close()
	require.ErrorIs(t, p.Accept("v=0"), rtc.ErrMalformed)
	require.ErrorIs(t, p.Accept(strings.ReplaceAll(offer, "a=sendrecv", "a=inactive")), rtc.ErrNoCodec)
}
