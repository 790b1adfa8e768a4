package engine

import (
	"context"
	"fmt"

	"callcast/gateway"
	"callcast/gateway/internal/call"
	"callcast/gateway/internal/rtmp"
	sinkrtmp "callcast/gateway/internal/sink/rtmp"
)

// publication is the stream a call becomes, and where that is pushed.
type publication struct {
	call.Publication
	target *rtmp.Target // nil if it is not pushed
}

// publication reads where a stream is to be pushed, if anywhere.
func (e *Engine) publication(stream string, url, name gateway.Secret) (publication, error) {
	p := publication{Publication: call.Publication{Stream: stream, RTMPURL: url, RTMPStream: name}}
	if url == "" {
		return p, nil
	}
	target, err := rtmp.ParseTarget(url.Reveal(), name.Reveal(), e.config.Media.RTMPNamePrefix)
	if err != nil {
		return publication{}, err
	}
	p.target, p.RTMPTarget = &target, target.String()
	return p, nil
}

// reserve takes the name and the target of what the call becomes. A refusal leaves nothing behind.
func (r *callRoom) reserve(p publication) error {
	release, err := r.engine.targets.take(p.target, tenant{call: r.spec.ID, shown: fmt.Sprintf("call %q", r.spec.ID)})
	if err != nil {
		return err
	}
	room, err := r.engine.streams.open(p.Stream, origin{
		source: gateway.SourceSIP, callID: r.spec.ID, field: "toStream",
		end: func() { _ = r.engine.EndCall(context.Background(), r.spec.ID) }, // it may be over already
	})
	if err != nil {
		release()
		return err
	}
	r.stream, r.release = room, release
	if p.target == nil {
		return nil
	}
	push := sinkrtmp.NewPush(sinkrtmp.PushParams{
		Stream:   room.stream,
		Target:   *p.target,
		OnChange: func(s sinkrtmp.PushState) { r.call.SetPush(call.Push{Status: s.Status, Problem: s.Problem}) },
		Log:      r.log,
	})
	r.push = push
	room.list(func() gateway.Sink { return pushSink(r.spec.ID, p.RTMPTarget, push.State()) }) // as long as the stream
	return nil
}

// startPush begins to push what was reserved, if it is pushed.
func (r *callRoom) startPush() {
	if r.push == nil {
		return
	}
	pushing, stop := context.WithCancel(context.Background())
	pushed := make(chan struct{})
	r.endPush = func() {
		stop()
		<-pushed
	}
	go func() {
		defer close(pushed)
		contain(r.log, "push", func() { _ = r.push.Run(pushing) }) // its state tells how it ended
	}()
}

// vacate lets go of what was reserved, if anything was, once it is pushed to its end.
func (r *callRoom) vacate() {
	if r.release == nil {
		return
	}
	if r.endPush != nil {
		r.endPush()
	}
	r.engine.streams.close(r.stream)
	r.release()
	r.push, r.endPush, r.release = nil, nil, nil
}

func pushSink(id, shown string, s sinkrtmp.PushState) gateway.Sink {
	return gateway.Sink{
		ID: id, Kind: gateway.SinkRTMPPush, Target: shown,
		Status: s.Status, Problem: s.Problem, Bytes: s.Bytes, Dropped: s.Dropped,
	}
}
