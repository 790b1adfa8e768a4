package engine

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"callcast/gateway"
	"callcast/gateway/internal/call"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
	sinkrtmp "callcast/gateway/internal/sink/rtmp"
	"callcast/gateway/internal/source/sip"
)

// callRoom is a call with everything that stands around it: its stream, and the push that reads the stream.
type callRoom struct {
	callPlan

	engine *Engine
	log    *slog.Logger
	stream *streamRoom
	call   *call.Call
	push   *sinkrtmp.Push // nil if the call is not pushed
	seat   *seat
	opened atomic.Bool // its media was opened

	taking   sync.Mutex // guards answered, and is held while the call is answered
	answered bool
}

// callPlan is what a call is to be.
type callPlan struct {
	spec     gateway.CallSpec
	target   *rtmp.Target // nil if it is not pushed
	browser  *browser     // that talks in it from the beginning; nil if none does
	incoming *incoming    // nil if we place it
}

func newCallRoom(e *Engine, plan callPlan) (*callRoom, error) {
	spec, target := plan.spec, plan.target
	streamRoom, err := e.streams.open(spec.Stream, origin{
		source: gateway.SourceSIP, callID: spec.ID, field: "toStream",
		end: func() { _ = e.EndCall(context.Background(), spec.ID) }, // it may be over already
	})
	if err != nil {
		return nil, err
	}
	r := &callRoom{callPlan: plan, engine: e, stream: streamRoom, seat: newSeat(), log: e.log.With("call", spec.ID)}
	r.call = call.New(call.Params{
		Incoming:   r.ringing(),
		Browser:    plan.browser != nil,
		Spec:       spec,
		RTMPTarget: r.targetShown(),
		Signal:     signal{agent: e.agent, spec: spec, noAnswer: e.config.SIP.NoAnswer},
		Media:      r.openMedia,
		Publish:    e.bus.SetCall,
		Log:        e.log,
	})
	if target != nil {
		r.push = sinkrtmp.NewPush(sinkrtmp.PushParams{
			Stream:   streamRoom.stream,
			Target:   *target,
			OnChange: func(s sinkrtmp.PushState) { r.call.SetPush(call.Push{Status: s.Status, Problem: s.Problem}) },
			Log:      r.log,
		})
		streamRoom.list(r.pushSink) // as long as the stream
	}
	return r, nil
}

// ringing is the call as one that comes in; nil if it is none.
func (r *callRoom) ringing() *call.Incoming {
	in := r.incoming
	if in == nil {
		return nil
	}
	return &call.Incoming{
		Ringing: ringing{in.signal}, Offer: in.signal.SDP, Caller: in.caller(), Registration: in.registration,
		NoAnswer: r.engine.config.SIP.NoAnswer,
	}
}

// run lives as long as the call and takes its room down.
func (r *callRoom) run(ctx context.Context) {
	pushing, stopPush := context.WithCancel(context.WithoutCancel(ctx))
	pushed := make(chan struct{})
	go func() {
		defer close(pushed)
		if r.push != nil {
			contain(r.log, "push", func() { _ = r.push.Run(pushing) }) // its state tells how it ended
		}
	}()
	if r.browser != nil {
		r.seat.sit(r.browser)
		r.talk()
	}
	var watching sync.WaitGroup
	if r.incoming != nil {
		watching.Go(r.watch)
	}
	contain(r.log, "call", func() { r.call.Run(ctx) })
	watching.Wait()
	r.seat.close()
	stopPush()
	<-pushed
	r.engine.streams.close(r.stream)
}

// contain keeps a panic where it happened.
func contain(log *slog.Logger, what string, do func()) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic", "in", what, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	do()
}

// openMedia opens the call's RTP ports and makes it the source of its stream.
func (r *callRoom) openMedia(info func(ctx context.Context, contentType string, body []byte) error) (call.Media, error) {
	ip, err := r.localIP()
	if err != nil {
		return nil, fmt.Errorf("local address: %w", err)
	}
	source, err := sip.New(sip.Params{
		Pool:      r.engine.ports,
		IP:        ip,
		HasAudio:  r.spec.HasAudio,
		HasVideo:  r.spec.HasVideo,
		SoundOnly: r.browser != nil && !r.browser.peer.Has(media.Video),
		Slate:     r.engine.config.Media.SlateWithoutVideo,
		Stream:    r.stream.stream,
		Info:      info,
		CNAME:     r.spec.ID,
		Log:       r.log,
	})
	if err != nil {
		return nil, err
	}
	source.Start()
	r.opened.Store(true)
	if b := r.seat.seated(); b != nil {
		source.Talk(b.speech)
	}
	r.stream.measure(source.Stats)
	return callMedia{source}, nil
}

// localIP is our address as the other side should see it: who calls may come another way than the account's own server.
func (r *callRoom) localIP() (netip.Addr, error) {
	if in := r.incoming; in != nil && in.signal.Local.IsValid() {
		return in.signal.Local, nil
	}
	return r.engine.agent.LocalIP(r.spec.Account)
}

func (r *callRoom) targetShown() string {
	if r.target == nil {
		return ""
	}
	return r.target.String()
}

func (r *callRoom) pushSink() gateway.Sink {
	s := r.push.State()
	return gateway.Sink{
		ID: r.spec.ID, Kind: gateway.SinkRTMPPush, Target: r.targetShown(),
		Status: s.Status, Problem: s.Problem, Bytes: s.Bytes, Dropped: s.Dropped,
	}
}

// callMedia is a SIP source as its call sees it.
type callMedia struct{ *sip.Source }

func (m callMedia) Answer(sdp []byte) error {
	_, err := m.Source.Answer(sdp)
	return err
}
