package peers

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// Viewing is what a viewer wants.
type Viewing struct {
	Video  bool
	VP8    bool          // H264 is not offered
	Audio  string        // "opus" or "PCMA"; empty = none
	Record time.Duration // what a recording should hold at least; 0 = none is made
}

// Viewer plays a stream by WHEP, as a browser does: it offers VP8 before H264 and names no candidates.
type Viewer struct {
	Answer    string
	Connected chan struct{} // closed once media can flow
	Gone      chan struct{} // closed once the gateway has gone

	pc       *webrtc.PeerConnection
	resource string
	recorder *recorder
	tasks    sync.WaitGroup
	first    atomic.Pointer[time.Time]
}

// StartViewer posts an offer to url and receives until the test ends or Close is called.
func StartViewer(t testing.TB, url string, want Viewing) *Viewer {
	t.Helper()
	v := &Viewer{Connected: make(chan struct{}), Gone: make(chan struct{}), pc: newPeerConnection(t, want)}
	if want.Record > 0 {
		v.recorder = startRecorder(t, want)
	}
	v.pc.OnTrack(v.play)
	var connected, gone sync.Once
	v.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		switch s {
		case webrtc.PeerConnectionStateConnected:
			connected.Do(func() { close(v.Connected) })
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			gone.Do(func() { close(v.Gone) })
		default:
		}
	})
	t.Cleanup(v.Close)
	offer, err := v.pc.CreateOffer(nil)
	require.NoError(t, err)
	require.NoError(t, v.pc.SetLocalDescription(offer))
	res, err := http.Post(url, "application/sdp", strings.NewReader(offer.SDP))
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, res.StatusCode, "%s", answer)
	location, err := res.Location()
	require.NoError(t, err)
	v.resource, v.Answer = location.String(), string(answer)
	require.NoError(t, v.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: v.Answer}))
	return v
}

func newPeerConnection(t testing.TB, want Viewing) *webrtc.PeerConnection {
	t.Helper()
	var engine webrtc.MediaEngine
	var wanted []webrtc.RTPCodecType
	if want.Video {
		wanted = append(wanted, webrtc.RTPCodecTypeVideo)
		offered := []webrtc.RTPCodecParameters{vp8(), h264()}
		if want.VP8 {
			offered = offered[:1]
		}
		for _, c := range offered {
			require.NoError(t, engine.RegisterCodec(c, webrtc.RTPCodecTypeVideo))
		}
	}
	if want.Audio != "" {
		wanted = append(wanted, webrtc.RTPCodecTypeAudio)
		require.NoError(t, engine.RegisterCodec(soundCodec(want.Audio), webrtc.RTPCodecTypeAudio))
	}
	var interceptors interceptor.Registry
	require.NoError(t, webrtc.RegisterDefaultInterceptors(&engine, &interceptors))
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&engine), webrtc.WithInterceptorRegistry(&interceptors), webrtc.WithSettingEngine(settings))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	for _, kind := range wanted {
		_, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		require.NoError(t, err)
	}
	return pc
}

// Payload types a viewer offers.
const (
	typePCMA = 8
	typeVP8  = 96
	typeH264 = 102
	typeOpus = 111
)

func vp8() webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{PayloadType: typeVP8, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: clockRate}}
}

func h264() webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{PayloadType: typeH264, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH264, ClockRate: clockRate,
		SDPFmtpLine:  "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}},
	}}
}

func soundCodec(name string) webrtc.RTPCodecParameters {
	if name == "PCMA" {
		return webrtc.RTPCodecParameters{PayloadType: typePCMA, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: 8000}}
	}
	return webrtc.RTPCodecParameters{PayloadType: typeOpus, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
	}}
}

// play hands on what arrives on a track until the viewer is closed.
func (v *Viewer) play(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	v.tasks.Go(func() {
		for {
			packets, _, err := receiver.ReadRTCP()
			if err != nil {
				return
			}
			for _, p := range packets {
				if report, ok := p.(*rtcp.SenderReport); ok {
					v.recorder.report(track.Kind(), report)
				}
			}
		}
	})
	v.tasks.Go(func() {
		buf := make([]byte, 1500)
		for {
			n, _, err := track.Read(buf)
			if err != nil {
				return
			}
			if track.Kind() == webrtc.RTPCodecTypeVideo {
				now := time.Now()
				v.first.CompareAndSwap(nil, &now)
			}
			v.recorder.packet(track.Kind(), buf[:n])
		}
	})
}

// FirstPicture is when the first packet of video came, zero if none has.
func (v *Viewer) FirstPicture() time.Time {
	if at := v.first.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// Leave asks the gateway to end the viewing, as a page does that is closed.
func (v *Viewer) Leave(t testing.TB) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, v.resource, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	_ = res.Body.Close()
	return res.StatusCode
}

// Close ends the viewer without a word to REST.
func (v *Viewer) Close() {
	_ = v.pc.GracefulClose()
	v.tasks.Wait()
}

// Recording ends the recording and returns its file.
func (v *Viewer) Recording(t testing.TB) string {
	t.Helper()
	return v.recorder.finish(t)
}
