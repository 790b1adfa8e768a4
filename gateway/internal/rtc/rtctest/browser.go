// Package rtctest is browsers for tests of those who send to one and of those who receive from one.
package rtctest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

// Params is what a browser wants and what happens to it.
type Params struct {
	Video, Audio bool
	VP8          bool                   // it takes VP8 as well
	RTX          bool                   // packets sent again come as ones of their own (RFC 4588)
	TCP          bool                   // UDP is closed to it
	Vanishes     bool                   // Vanish will be called
	Drop         func(*rtp.Header) bool // says which packets get lost; nil = none
}

// Browser receives.
type Browser struct {
	Packets   chan *rtp.Packet        // as they arrive, sent again or not
	Reports   chan *rtcp.SenderReport // those that nobody reads are dropped
	Repaired  atomic.Int32            // packets that came again as ones of their own
	Connected chan struct{}           // closed once media can flow
	Gone      chan struct{}           // closed once the other side has gone

	pc    *webrtc.PeerConnection
	way   *way // nil unless it vanishes
	tasks sync.WaitGroup
	close sync.Once
}

// New makes a browser that ends with the test. It takes H264, and of sound PCMA and Opus.
func New(t testing.TB, p Params) *Browser {
	t.Helper()
	engine, kinds := p.media(t)
	var settings webrtc.SettingEngine
	if p.TCP {
		settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}
	settings.DisableSRTPReplayProtection(p.Drop != nil) // what gets lost here has passed it, and comes again
	var way *way
	if p.Vanishes {
		way = newWay(t)
		port := webrtc.NewICEUDPMux(nil, way)
		t.Cleanup(func() { _ = port.Close() })
		settings.SetICEUDPMux(port)
	}
	b := connect(t, engine, settings, interceptors(t, p))
	b.way = way
	b.pc.OnTrack(b.receive)
	for _, kind := range kinds {
		_, err := b.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		require.NoError(t, err)
	}
	return b
}

// media is what the browser takes.
func (p *Params) media(t testing.TB) (*webrtc.MediaEngine, []webrtc.RTPCodecType) {
	t.Helper()
	var engine webrtc.MediaEngine
	var kinds []webrtc.RTPCodecType
	register := func(kind webrtc.RTPCodecType, params ...webrtc.RTPCodecParameters) {
		for _, c := range params {
			require.NoError(t, engine.RegisterCodec(c, kind))
		}
	}
	if p.Audio {
		kinds = append(kinds, webrtc.RTPCodecTypeAudio)
		register(webrtc.RTPCodecTypeAudio, offered(media.PCMA), offered(media.Opus))
	}
	if p.Video {
		kinds = append(kinds, webrtc.RTPCodecTypeVideo)
		register(webrtc.RTPCodecTypeVideo, offered(media.H264))
		if p.VP8 {
			register(webrtc.RTPCodecTypeVideo, offered(media.VP8))
		}
		if p.RTX {
			register(webrtc.RTPCodecTypeVideo, resends(102), resends(96))
		}
	}
	return &engine, kinds
}

// resends is how packets of a payload type are sent again.
func resends(of webrtc.PayloadType) webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{PayloadType: of + 1, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: fmt.Sprintf("apt=%d", of),
	}}
}

// connect makes a browser of its parts.
func connect(t testing.TB, engine *webrtc.MediaEngine, settings webrtc.SettingEngine, r *interceptor.Registry) *Browser {
	t.Helper()
	b := &Browser{
		Packets: make(chan *rtp.Packet, 4096), Reports: make(chan *rtcp.SenderReport, 64),
		Connected: make(chan struct{}), Gone: make(chan struct{}),
	}
	settings.SetIncludeLoopbackCandidate(true)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(r))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	b.pc = pc
	t.Cleanup(b.Close)
	var connected, gone sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		switch s {
		case webrtc.PeerConnectionStateConnected:
			connected.Do(func() { close(b.Connected) })
		case webrtc.PeerConnectionStateClosed, webrtc.PeerConnectionStateFailed:
			gone.Do(func() { close(b.Gone) })
		default:
		}
	})
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

// Vanish falls silent without a word.
func (b *Browser) Vanish() { b.way.cut.Store(true) }

// Close leaves.
func (b *Browser) Close() {
	b.close.Do(func() { _ = b.pc.GracefulClose() })
	b.tasks.Wait()
}

func (b *Browser) receive(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	b.tasks.Go(func() {
		for {
			p, attributes, err := track.ReadRTP()
			if err != nil {
				return
			}
			if attributes.Get(webrtc.AttributeRtxSsrc) != nil {
				b.Repaired.Add(1)
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

// lossy loses packets that come and those that go.
type lossy struct{ drop func(*rtp.Header) bool }

func (l lossy) NewInterceptor(string) (interceptor.Interceptor, error) { return &losing{lossy: l}, nil }

type losing struct {
	interceptor.NoOp
	lossy
	mu sync.Mutex // drop is called by one at a time
}

func (l *losing) loses(h *rtp.Header) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.drop(h)
}

func (l *losing) BindRemoteStream(_ *interceptor.StreamInfo, reader interceptor.RTPReader) interceptor.RTPReader {
	return interceptor.RTPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		for {
			n, attributes, err := reader.Read(b, a)
			if err != nil {
				return n, attributes, err
			}
			var h rtp.Header
			if _, err := h.Unmarshal(b[:n]); err != nil || !l.loses(&h) {
				return n, attributes, nil
			}
		}
	})
}

func (l *losing) BindLocalStream(_ *interceptor.StreamInfo, writer interceptor.RTPWriter) interceptor.RTPWriter {
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		if l.loses(h) {
			return len(payload), nil
		}
		return writer.Write(h, payload, a)
	})
}
