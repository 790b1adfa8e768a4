package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc"
	"callcast/gateway/internal/sink/webrtc"
)

// maxViewers bounds the browsers served at once.
const maxViewers = 1000

// viewers is the registry of browsers that watch.
type viewers struct {
	engine  *Engine
	refused atomic.Uint64 // offers that could not be answered

	mu      sync.Mutex    // guards what follows
	port    *rtc.Endpoint // nil while there is none
	stopped bool
	byID    map[string]context.CancelFunc
	running sync.WaitGroup
}

func newViewers(e *Engine) *viewers {
	return &viewers{engine: e, byID: map[string]context.CancelFunc{}}
}

// Play lets a browser watch a stream.
func (e *Engine) Play(ctx context.Context, spec gateway.PlaySpec) (gateway.MediaAnswer, error) {
	room, err := e.streams.find(spec.Stream)
	if err != nil {
		return gateway.MediaAnswer{}, err
	}
	id := rand.Text()
	alive, port, err := e.viewers.admit(id)
	if err != nil {
		return gateway.MediaAnswer{}, err
	}
	peer, answer, err := port.Answer(ctx, spec.Offer, room.audioCodec(), room.stream.Name())
	if err != nil {
		e.viewers.leave(id)
		e.viewers.refused.Add(1)
		return gateway.MediaAnswer{}, offerError(err)
	}
	viewer := webrtc.New(webrtc.Params{
		ID: id, Stream: room.stream, Peer: peer, ConnectTime: webrtc.ConnectTime, Log: e.log,
	})
	unlist := room.list(viewer.Sink)
	go func() {
		defer e.viewers.leave(id)
		defer unlist()
		e.watch(alive, id, viewer)
	}()
	return gateway.MediaAnswer{ID: id, Answer: answer}, nil
}

// watch keeps a fault of one viewer from the others.
func (e *Engine) watch(ctx context.Context, id string, viewer *webrtc.Viewer) {
	defer func() {
		if p := recover(); p != nil {
			e.log.Error("panic", "in", "viewer", "viewer", id, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	e.log.Info("viewer ended", "viewer", id, "err", viewer.Run(ctx))
}

// EndMediaSession ends a viewing.
func (e *Engine) EndMediaSession(_ context.Context, id string, _ gateway.MediaInfo) error {
	v := e.viewers
	v.mu.Lock()
	defer v.mu.Unlock()
	stop, ok := v.byID[id]
	if !ok {
		return &gateway.Error{
			Code: gateway.CodeNotFound, Reason: gateway.ReasonSessionMissing, Field: "viewing", Value: id,
			Message: fmt.Sprintf("viewing %q: not found; it has ended.", id),
		}
	}
	stop()
	return nil
}

// admit takes a viewer in. The context ends when it is to go; leave is called once it has gone.
func (v *viewers) admit(id string) (context.Context, *rtc.Endpoint, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	refused := gateway.Error{Code: gateway.CodeUnavailable, Field: "viewing"}
	switch {
	case v.stopped:
		refused.Reason, refused.Message = gateway.ReasonStopping, "The gateway is stopping."
	case v.port == nil:
		refused.Reason, refused.Message = gateway.ReasonPortTaken, "The port for browsers is taken: free it or change webrtc_port."
	case len(v.byID) >= maxViewers:
		refused.Reason, refused.Message = gateway.ReasonTooMany, fmt.Sprintf("%d browsers are watching, which is the limit: end some of them.", maxViewers)
	default:
		alive, stop := context.WithCancel(v.engine.life)
		v.byID[id] = stop
		v.running.Add(1)
		return alive, v.port, nil
	}
	return nil, nil, &refused
}

func (v *viewers) leave(id string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.byID[id]()
	delete(v.byID, id)
	v.running.Done()
}

// serve lets viewers in through a port.
func (v *viewers) serve(port *rtc.Endpoint) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.port = port
}

// close ends every viewing, then the port.
func (v *viewers) close() error {
	v.mu.Lock()
	port := v.port
	v.stopped, v.port = true, nil
	for _, stop := range v.byID {
		stop()
	}
	v.mu.Unlock()
	v.running.Wait()
	if port == nil {
		return nil
	}
	return port.Close()
}

// startWebRTC opens the port for browsers.
func (e *Engine) startWebRTC() {
	c := e.config.WebRTC
	listener := gateway.Listener{Name: "webrtc", Setting: "webrtc_port", Address: c.Address()}
	endpoint, err := rtc.Listen(e.life, rtc.Params{Host: c.Host, Port: c.Port, PublicIP: e.config.SIP.PublicIP, Log: e.log})
	if err != nil {
		listener.Err = ListenError("webrtc", c.Address(), err)
		listener.Setting = listener.Err.Field
		e.log.Error("WebRTC port", "err", err)
	} else {
		listener.Address = endpoint.Addr().String()
		e.viewers.serve(endpoint)
	}
	e.AddListener(listener, e.viewers.refused.Load)
}

// audioCodec is what the stream's source sends, empty if nothing has arrived yet.
func (r *streamRoom) audioCodec() media.Codec {
	audio, _ := r.stream.Stats()
	if audio.Format == nil {
		return ""
	}
	return audio.Format.Codec
}

// offerError says what is wrong with an offer.
func offerError(err error) error {
	refused := &gateway.Error{Code: gateway.CodeInternal, Reason: gateway.ReasonInternal, Field: "offer", Err: err}
	switch {
	case errors.Is(err, rtc.ErrNoCodec):
		refused.Code, refused.Reason = gateway.CodeInvalid, gateway.ReasonNoCodec
		refused.Message = "No common codecs: offer to receive H264 with packetization-mode=1, or one of opus, PCMA, PCMU."
	case errors.Is(err, rtc.ErrMalformed):
		refused.Code, refused.Reason = gateway.CodeInvalid, gateway.ReasonSDP
		refused.Message = "offer: this is not a session description that can be answered; send the SDP that the browser made."
	default:
		refused.Message = "The offer could not be answered; the log has the detail."
	}
	return refused
}
