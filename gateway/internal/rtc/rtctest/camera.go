package rtctest

import (
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

// transportNumber is the header extension by which packets of all tracks are counted.
const transportNumber = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

// CameraParams is what a browser sends and what happens to it.
type CameraParams struct {
	Video, Audio media.Codec            // empty = none
	Drop         func(*rtp.Header) bool // says which packets get lost on their way; nil = none
}

// Camera is a browser that sends.
type Camera struct {
	*Browser
	Feedback chan rtcp.Packet // what it is told; what nobody reads is dropped

	tracks [media.Kinds]*webrtc.TrackLocalStaticRTP
	ssrcs  [media.Kinds]uint32
}

// NewCamera makes a browser that ends with the test. It sends again what it is asked for.
func NewCamera(t testing.TB, p CameraParams) *Camera {
	t.Helper()
	var engine webrtc.MediaEngine
	c := &Camera{Feedback: make(chan rtcp.Packet, 1024)}
	for _, name := range []media.Codec{p.Audio, p.Video} {
		if name == "" {
			continue
		}
		codec, kind := offered(name), webrtc.NewRTPCodecType(name.Kind().String())
		require.NoError(t, engine.RegisterCodec(codec, kind))
		require.NoError(t, engine.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: transportNumber}, kind))
		track, err := webrtc.NewTrackLocalStaticRTP(codec.RTPCodecCapability, kind.String(), "camera")
		require.NoError(t, err)
		c.tracks[name.Kind()] = track
	}
	var r interceptor.Registry
	if p.Drop != nil {
		r.Add(lossy{p.Drop})
	}
	counter, err := twcc.NewHeaderExtensionInterceptor()
	require.NoError(t, err)
	r.Add(counter)
	again, err := nack.NewResponderInterceptor()
	require.NoError(t, err)
	r.Add(again)
	c.Browser = connect(t, &engine, webrtc.SettingEngine{}, &r)
	for kind, track := range c.tracks {
		if track == nil {
			continue
		}
		sender, err := c.pc.AddTrack(track)
		require.NoError(t, err)
		c.ssrcs[kind] = uint32(sender.GetParameters().Encodings[0].SSRC)
		c.tasks.Go(func() { c.listen(sender) })
	}
	return c
}

// offered is how a codec is offered.
func offered(c media.Codec) webrtc.RTPCodecParameters {
	p := webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{
		ClockRate: 8000, RTCPFeedback: []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBTransportCC}},
	}}
	switch c {
	case media.H264:
		p.MimeType, p.PayloadType, p.ClockRate = webrtc.MimeTypeH264, 102, 90000
		p.SDPFmtpLine = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
	case media.VP8:
		p.MimeType, p.PayloadType, p.ClockRate = webrtc.MimeTypeVP8, 96, 90000
	case media.Opus:
		p.MimeType, p.PayloadType, p.ClockRate, p.Channels = webrtc.MimeTypeOpus, 111, 48000, 2
		p.SDPFmtpLine = "minptime=10;useinbandfec=1"
	case media.PCMA:
		p.MimeType, p.PayloadType = webrtc.MimeTypePCMA, 8
	case media.PCMU:
		p.MimeType, p.PayloadType = webrtc.MimeTypePCMU, 0
	case media.G722:
		p.MimeType, p.PayloadType = webrtc.MimeTypeG722, 9
	default:
		panic("browsers do not send " + c)
	}
	if c.Kind() == media.Video {
		p.RTCPFeedback = append(p.RTCPFeedback, webrtc.RTCPFeedback{Type: "nack"}, webrtc.RTCPFeedback{Type: "nack", Parameter: "pli"})
	}
	return p
}

// Send sends a packet of a kind. Payload type and SSRC are filled in.
func (c *Camera) Send(t testing.TB, kind media.Kind, p *rtp.Packet) {
	t.Helper()
	p.Version = 2
	require.NoError(t, c.tracks[kind].WriteRTP(p))
}

// Report says that a stamp of a kind stands for a moment.
func (c *Camera) Report(t testing.TB, kind media.Kind, moment time.Time, stamp uint32) {
	t.Helper()
	const fromUnix = 2208988800 // seconds from 1900
	seconds, rest := uint64(moment.Unix()+fromUnix), uint64(moment.Nanosecond())
	c.Say(t, &rtcp.SenderReport{SSRC: c.ssrcs[kind], NTPTime: seconds<<32 | rest<<32/1e9, RTPTime: stamp})
}

func (c *Camera) listen(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			select {
			case c.Feedback <- p:
			default:
			}
		}
	}
}
