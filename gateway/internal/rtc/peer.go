package rtc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"callcast/gateway/internal/media"
)

// maxPacket is the longest packet read from a browser.
const maxPacket = 1500

// ConnectTime is how long a browser has to be reached in.
const ConnectTime = 20 * time.Second

// closeTime is how long a peer may take to close.
const closeTime = 2 * time.Second

// Ends of a peer.
var (
	ErrNoWay = errors.New("Failed by ICE timeout")    //nolint:staticcheck // the words clients of WCS know
	ErrLost  = errors.New("Failed by ICE keep alive") //nolint:staticcheck // the same
	ErrLeft  = errors.New("the browser left")
)

// Peer is one browser that is sent media, or sends it.
type Peer struct {
	pc        *webrtc.PeerConnection
	tracks    [media.Kinds]*Track
	incoming  [media.Kinds]codecs
	feeds     chan *Feed
	begun     [media.Kinds]atomic.Bool // feeds
	arrivals  *arrivals
	connected chan struct{}
	gone      chan struct{}
	why       error // valid once gone is closed
	once      struct{ connected, gone sync.Once }
}

// Answer reads an offer to receive media and answers it with all that the gateway can send of it. The codecs of the
// source, as far as they are known, are preferred; group names the stream in the answer. The caller closes the peer.
func (e *Endpoint) Answer(
	ctx context.Context, sdp string, source [media.Kinds]media.Codec, group string,
) (*Peer, string, error) {
	return e.answer(ctx, sdp, sending(source), func(p *Peer, k media.Kind, o *offer) error {
		return p.addTrack(e.newTrack(k, group, o.kinds[k]))
	})
}

// Receive reads an offer to send media and answers it with all that the gateway understands of it. The caller closes
// the peer.
func (e *Endpoint) Receive(ctx context.Context, sdp string) (*Peer, string, error) {
	return e.answer(ctx, sdp, receiving(), func(p *Peer, k media.Kind, o *offer) error {
		return p.addFeed(k, o.kinds[k])
	})
}

// answer answers an offer; add makes the peer ready for one kind of media.
func (e *Endpoint) answer(
	ctx context.Context, sdp string, to intent, add func(*Peer, media.Kind, *offer) error,
) (*Peer, string, error) {
	o, err := readOffer(sdp, to)
	if err != nil {
		return nil, "", err
	}
	p, err := e.newPeer(o)
	if err != nil {
		return nil, "", err
	}
	for kind, chosen := range o.kinds {
		if len(chosen) > 0 && err == nil {
			err = add(p, media.Kind(kind), o)
		}
	}
	answer := ""
	if err == nil {
		answer, err = p.negotiate(ctx, o.sdp)
	}
	if err != nil {
		p.Close()
		return nil, "", err
	}
	if e.reflexive != nil {
		answer = e.reflexive.addTo(ctx, answer)
	}
	return p, answer, nil
}

// newPeer makes a peer that knows no codecs but those chosen, so that nothing else can get into the answer.
func (e *Endpoint) newPeer(o *offer) (*Peer, error) {
	engine := &webrtc.MediaEngine{}
	for kind, chosen := range o.kinds {
		of := pionKind(media.Kind(kind))
		for _, params := range chosen.all() {
			if err := engine.RegisterCodec(params, of); err != nil {
				return nil, fmt.Errorf("register codec: %w", err)
			}
		}
		numbered := webrtc.RTPHeaderExtensionCapability{URI: transportNumber}
		if err := engine.RegisterHeaderExtension(numbered, of, webrtc.RTPTransceiverDirectionRecvonly); err != nil {
			return nil, fmt.Errorf("register header extension: %w", err)
		}
	}
	api := webrtc.NewAPI(
		webrtc.WithMediaEngine(engine),
		webrtc.WithSettingEngine(e.settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}),
	)
	pc, err := api.NewPeerConnection(webrtc.Configuration{ICEServers: e.relays})
	if err != nil {
		return nil, fmt.Errorf("new peer: %w", err)
	}
	p := &Peer{
		pc: pc, feeds: make(chan *Feed, media.Kinds), arrivals: newArrivals(),
		connected: make(chan struct{}), gone: make(chan struct{}),
	}
	pc.OnConnectionStateChange(p.follow)
	pc.OnTrack(p.feed)
	return p, nil
}

func (p *Peer) addTrack(t *Track) error {
	only := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
	transceiver, err := p.pc.AddTransceiverFromTrack(local{t}, only)
	if err != nil {
		return fmt.Errorf("add %s: %w", t.kind, err)
	}
	t.bind(transceiver, p)
	p.tracks[t.kind] = t
	return p.prefer(transceiver, t.codecs)
}

func (p *Peer) addFeed(k media.Kind, chosen codecs) error {
	only := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	transceiver, err := p.pc.AddTransceiverFromKind(pionKind(k), only)
	if err != nil {
		return fmt.Errorf("add %s: %w", k, err)
	}
	p.incoming[k] = chosen
	return p.prefer(transceiver, chosen)
}

// prefer keeps the order of codecs in the answer, of which browsers send the first.
func (p *Peer) prefer(t *webrtc.RTPTransceiver, chosen codecs) error {
	if err := t.SetCodecPreferences(chosen.all()); err != nil {
		return fmt.Errorf("prefer codecs: %w", err)
	}
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
	return p.gather(ctx, answer)
}

// gather puts our own description into effect and returns it with the candidates that are found in time.
func (p *Peer) gather(ctx context.Context, ours webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(ours); err != nil {
		return "", fmt.Errorf("%s: %w", ours.Type, err)
	}
	enough := time.NewTimer(gatherTime)
	defer enough.Stop()
	select {
	case <-gathered:
		return p.pc.LocalDescription().SDP, nil
	case <-enough.C:
		return p.pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", fmt.Errorf("gather candidates: %w", context.Cause(ctx))
	}
}

func (p *Peer) follow(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		p.once.connected.Do(func() { close(p.connected) })
	case webrtc.PeerConnectionStateDisconnected:
		time.AfterFunc(goneAfter, p.giveUp)
	case webrtc.PeerConnectionStateFailed:
		p.leave(ErrLost)
	case webrtc.PeerConnectionStateClosed:
		p.leave(ErrLeft)
	default:
	}
}

// giveUp takes a browser that has been silent for a while for gone, unless it was heard since.
func (p *Peer) giveUp() {
	if p.pc.ConnectionState() == webrtc.PeerConnectionStateDisconnected {
		p.leave(ErrLost)
	}
}

func (p *Peer) leave(why error) {
	p.once.gone.Do(func() {
		p.why = why
		close(p.gone)
	})
}

// Connect waits until media can flow. It returns ErrNoWay if there is no way to the browser, or none within a time.
func (p *Peer) Connect(ctx context.Context, within time.Duration) error {
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	select {
	case <-p.connected:
		return nil
	case <-p.gone:
		return ErrNoWay
	case <-timeout.C:
		return ErrNoWay
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Gone is closed once the browser has left or is out of reach.
func (p *Peer) Gone() <-chan struct{} { return p.gone }

// Why is ErrLeft if the browser has said goodbye and ErrLost if it has fallen silent, once it is gone.
func (p *Peer) Why() error { return p.why }

// Track returns the track that a kind of media is sent on, nil if the browser wants none.
func (p *Peer) Track(k media.Kind) *Track { return p.tracks[k] }

// Has reports whether a kind of media was agreed on.
func (p *Peer) Has(k media.Kind) bool { return p.tracks[k] != nil || len(p.incoming[k]) > 0 }

// Feeds delivers one feed of each kind, once its first packet has come.
func (p *Peer) Feeds() <-chan *Feed { return p.feeds }

// Remote is the address media goes to and comes from, empty until connected.
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

// Report sends reports about tracks and feeds.
func (p *Peer) Report(packets ...rtcp.Packet) error { return p.pc.WriteRTCP(packets) }

// Close says goodbye to the browser and ends everything that serves it. What waits for a server that does not answer is left
// to itself: ice asks on until it gives up.
func (p *Peer) Close() {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = p.pc.GracefulClose()
	}()
	select {
	case <-closed:
	case <-time.After(closeTime):
	}
}
