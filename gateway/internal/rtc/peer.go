package rtc

import (
	"context"
	"fmt"
	"sync"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"callcast/gateway/internal/media"
)

// maxPacket is the longest packet read from a browser.
const maxPacket = 1500

// Peer is one browser that is sent media.
type Peer struct {
	pc        *webrtc.PeerConnection
	tracks    [media.Kinds]*Track
	connected chan struct{}
	gone      chan struct{}
	once      struct{ connected, gone sync.Once }
}

// Answer reads an offer to receive media and answers it with all that the gateway can send of it. first is the audio
// codec that is preferred; group names the stream in the answer. The caller closes the peer.
func (e *Endpoint) Answer(ctx context.Context, sdp string, first media.Codec, group string) (*Peer, string, error) {
	o, err := readOffer(sdp, first)
	if err != nil {
		return nil, "", err
	}
	p, err := e.newPeer(o, group)
	if err != nil {
		return nil, "", err
	}
	answer, err := p.negotiate(ctx, o.sdp)
	if err != nil {
		p.Close()
		return nil, "", err
	}
	return p, answer, nil
}

// newPeer makes a peer that knows no codecs but those chosen, so that nothing else can get into the answer.
func (e *Endpoint) newPeer(o *offer, group string) (*Peer, error) {
	engine := &webrtc.MediaEngine{}
	for kind, chosen := range o.kinds {
		for _, c := range chosen {
			if err := engine.RegisterCodec(c.params, pionKind(media.Kind(kind))); err != nil {
				return nil, fmt.Errorf("register codec: %w", err)
			}
		}
	}
	api := webrtc.NewAPI(
		webrtc.WithMediaEngine(engine),
		webrtc.WithSettingEngine(e.settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}),
	)
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("new peer: %w", err)
	}
	p := &Peer{pc: pc, connected: make(chan struct{}), gone: make(chan struct{})}
	pc.OnConnectionStateChange(p.follow)
	for kind, chosen := range o.kinds {
		if len(chosen) == 0 {
			continue
		}
		if err := p.addTrack(&Track{kind: media.Kind(kind), group: group, codecs: chosen}); err != nil {
			p.Close()
			return nil, err
		}
	}
	return p, nil
}

func (p *Peer) addTrack(t *Track) error {
	transceiver, err := p.pc.AddTransceiverFromTrack(local{t}, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return fmt.Errorf("add %s: %w", t.kind, err)
	}
	t.sender = transceiver.Sender()
	p.tracks[t.kind] = t
	return nil
}

// negotiate returns the answer, complete with candidates.
func (p *Peer) negotiate(ctx context.Context, sdp string) (string, error) {
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return "", fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	select {
	case <-gathered:
		return p.pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", fmt.Errorf("gather candidates: %w", context.Cause(ctx))
	}
}

func (p *Peer) follow(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		p.once.connected.Do(func() { close(p.connected) })
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		p.once.gone.Do(func() { close(p.gone) })
	default:
	}
}

// Track returns the track of a kind, nil if the browser wants none.
func (p *Peer) Track(k media.Kind) *Track { return p.tracks[k] }

// Connected is closed once media can flow.
func (p *Peer) Connected() <-chan struct{} { return p.connected }

// Gone is closed once the browser has left or is out of reach.
func (p *Peer) Gone() <-chan struct{} { return p.gone }

// Remote is the address media goes to, empty until connected.
func (p *Peer) Remote() string {
	dtls := p.pc.SCTP().Transport()
	if dtls == nil {
		return ""
	}
	pair, err := dtls.ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d", pair.Remote.Address, pair.Remote.Port)
}

// Report sends reports about tracks.
func (p *Peer) Report(packets ...rtcp.Packet) error { return p.pc.WriteRTCP(packets) }

// Close says goodbye to the browser and ends everything that serves it.
func (p *Peer) Close() { _ = p.pc.GracefulClose() }
