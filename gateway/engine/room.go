package engine

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"callcast/gateway"
	"callcast/gateway/internal/call"
	"callcast/gateway/internal/rtmp"
	sinkrtmp "callcast/gateway/internal/sink/rtmp"
	"callcast/gateway/internal/source/sip"
)

// callRoom is a call with everything that stands around it: its stream, and the push that reads the stream.
type callRoom struct {
	engine *Engine
	spec   gateway.CallSpec
	target *rtmp.Target
	log    *slog.Logger
	stream *streamRoom
	call   *call.Call
	push   *sinkrtmp.Push // nil if the call is not pushed
}

func newCallRoom(e *Engine, spec gateway.CallSpec, target *rtmp.Target) (*callRoom, error) {
	streamRoom, err := e.streams.open(spec.Stream, origin{
		source: gateway.SourceSIP, callID: spec.ID, field: "toStream",
		end: func() { _ = e.EndCall(context.Background(), spec.ID) }, // it may be over already
	})
	if err != nil {
		return nil, err
	}
	r := &callRoom{engine: e, spec: spec, target: target, stream: streamRoom, log: e.log.With("call", spec.ID)}
	r.call = call.New(call.Params{
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
	contain(r.log, "call", func() { r.call.Run(ctx) })
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
	ip, err := r.engine.agent.LocalIP(r.spec.Account)
	if err != nil {
		return nil, fmt.Errorf("local address: %w", err)
	}
	source, err := sip.New(sip.Params{
		Pool:     r.engine.ports,
		IP:       ip,
		HasAudio: r.spec.HasAudio,
		HasVideo: r.spec.HasVideo,
		Slate:    r.engine.config.Media.SlateWithoutVideo,
		Stream:   r.stream.stream,
		Info:     info,
		CNAME:    r.spec.ID,
		Log:      r.log,
	})
	if err != nil {
		return nil, err
	}
	source.Start()
	r.stream.measure(source.Stats)
	return callMedia{source}, nil
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
