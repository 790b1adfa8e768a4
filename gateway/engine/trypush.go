package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/rtmp"
	sinkrtmp "callcast/gateway/internal/sink/rtmp"
	"callcast/gateway/internal/slate"
	"callcast/gateway/internal/source/still"
	"callcast/gateway/internal/stream"
)

const (
	tryTime  = time.Second      // that is published
	tryLimit = 12 * time.Second // that a server may take until then
)

// TestPush publishes a still picture with silence for a moment and tells what the server said.
func (e *Engine) TestPush(ctx context.Context, spec gateway.PushSpec) (gateway.PushTest, error) {
	target, err := e.pushTarget(ctx, spec)
	if err != nil {
		return gateway.PushTest{}, err
	}
	picture, err := slate.Load()
	if err != nil {
		return gateway.PushTest{}, asContract(err)
	}
	ctx, cancel := context.WithTimeout(ctx, tryLimit)
	defer cancel()
	s := stream.New(stream.Params{Name: "test of " + target.String(), Deriver: transcode.New(), Log: e.log})
	defer s.Close()
	var source sync.WaitGroup
	defer source.Wait()
	publishing, stop := context.WithCancel(ctx)
	defer stop()
	source.Go(func() { still.Run(publishing, s, picture) })

	began := time.Now()
	said, err := sinkrtmp.Try(ctx, sinkrtmp.PushParams{Stream: s, Target: target, FlashVer: spec.FlashVersion, Encoder: soundEncoder, Log: e.log}, tryTime)
	if err != nil {
		return gateway.PushTest{}, pushRefused(target, said, err)
	}
	return gateway.PushTest{Target: target.String(), Took: time.Since(began), Said: target.Redact(said)}, nil
}

// pushRefused says why a server cannot be published to.
func pushRefused(target rtmp.Target, said string, err error) *gateway.Error {
	why := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		why = "it did not answer in time"
	}
	if said != "" {
		why += "; it said " + said
	}
	return &gateway.Error{
		Code: gateway.CodeConflict, Reason: gateway.ReasonPushRefused, Field: "rtmpUrl", Value: target.String(), Err: err,
		Message: fmt.Sprintf("rtmpUrl %q: the server did not take the test stream (%s); check address, name and key.", target.String(), target.Redact(why)),
	}
}
