// Package rtctest is a browser for tests of those who send to one.
package rtctest

import (
	"sync"
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// Params is what a browser wants and what happens to it.
type Params struct {
	Video, Audio bool
	TCP          bool                   // UDP is closed to it
	Drop         func(*rtp.Header) bool // says which packets get lost; nil = none
}

// Browser receives.
type Browser struct {
	Packets chan *rtp.Packet        // as they arrive, sent again or not
	Reports chan *rtcp.SenderReport // those that nobody reads are dropped
	Gone    chan struct{}           // closed once the other side has gone

	pc    *webrtc.PeerConnection
	tasks sync.WaitGroup
	close sync.Once
}

// New makes a browser that ends with the test. It takes H264, and of sound PCMA and Opus.
func New(t testing.TB, p Params) *Browser {
	t.Helper()
	b := &Browser{Packets: make(chan *rtp.Packet, 4096), Reports: make(chan *rtcp.SenderReport, 64), Gone: make(chan struct{})}
	var engine webrtc.MediaEngine
	var kinds []webrtc.RTPCodecType
	if p.Audio {
		kinds = append(kinds, webrtc.RTPCodecTypeAudio)
		for pt, c := range map[webrtc.PayloadType]webrtc.RTPCodecCapability{
			8:   {MimeType: webrtc.MimeTypePCMA, ClockRate: 8000},
			111: {MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2},
		} {
			require.NoError(t, engine.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: pt}, webrtc.RTPCodecTypeAudio))
		}
	}
	if p.Video {
		kinds = append(kinds, webrtc.RTPCodecTypeVideo)
		require.NoError(t, engine.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 102, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeH264, ClockRate: 90000, SDPFmtpLine: "packetization-mode=1;profile-level-id=42e01f",
			RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}},
		}}, webrtc.RTPCodecTypeVideo))
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	if p.TCP {
		settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}
	settings.DisableSRTPReplayProtection(p.Drop != nil) // what gets lost here has passed it, and comes again
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&engine), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(interceptors(t, p)))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	b.pc = pc
	t.Cleanup(b.Close)
	var gone sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateClosed || s == webrtc.PeerConnectionStateFailed {
			gone.Do(func() { close(b.Gone) })
		}
	})
	pc.OnTrack(b.receive)
	for _, kind := range kinds {
		_, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		require.NoError(t, err)
	}
	return b
}

// interceptors ask for what is missing, below them packets get lost.
func interceptors(t testing.TB, p Params) *interceptor.Registry {
	t.Helper()
	var r interceptor.Registry
	if p.Drop != nil {
		r.Add(lossy{p.Drop})
	}
	asker, err := nack.NewGeneratorInterceptor()
	require.NoError(t, err)
	r.Add(asker)
	reporter, err := report.NewReceiverInterceptor()
	require.NoError(t, err)
	r.Add(reporter)
	return &r
}

// Offer is the browser's offer, without candidates.
func (b *Browser) Offer(t testing.TB) string {
	t.Helper()
	offer, err := b.pc.CreateOffer(nil)
	require.NoError(t, err)
	require.NoError(t, b.pc.SetLocalDescription(offer))
	return offer.SDP
}

// Accept takes the answer.
func (b *Browser) Accept(t testing.TB, answer string) {
	t.Helper()
	require.NoError(t, b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
}

// Say sends a report.
func (b *Browser) Say(t testing.TB, p rtcp.Packet) {
	t.Helper()
	require.NoError(t, b.pc.WriteRTCP([]rtcp.Packet{p}))
}

// Close leaves.
func (b *Browser) Close() {
	b.close.Do(func() { _ = b.pc.GracefulClose() })
	b.tasks.Wait()
}

func (b *Browser) receive(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	b.tasks.Go(func() {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			b.Packets <- p
		}
	})
	b.tasks.Go(func() {
		for {
			packets, _, err := receiver.ReadRTCP()
			if err != nil {
				return
			}
			for _, p := range packets {
				if r, ok := p.(*rtcp.SenderReport); ok {
					select {
					case b.Reports <- r:
					default:
					}
				}
			}
		}
	})
}

// lossy loses packets.
type lossy struct{ drop func(*rtp.Header) bool }

func (l lossy) NewInterceptor(string) (interceptor.Interceptor, error) { return &losing{lossy: l}, nil }

type losing struct {
	interceptor.NoOp
	lossy
}

func (l *losing) BindRemoteStream(_ *interceptor.StreamInfo, reader interceptor.RTPReader) interceptor.RTPReader {
	return interceptor.RTPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		for {
			n, attributes, err := reader.Read(b, a)
			if err != nil {
				return n, attributes, err
			}
			var h rtp.Header
			if _, err := h.Unmarshal(b[:n]); err != nil || !l.drop(&h) {
				return n, attributes, nil
			}
		}
	})
}
