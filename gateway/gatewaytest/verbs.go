package gatewaytest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"callcast/gateway"
)

// StartCall implements gateway.API. By default it refuses what a gateway refuses and adds the call as TRYING.
func (f *Fake) StartCall(ctx context.Context, spec gateway.CallSpec) error {
	f.mu.Lock()
	f.started = append(f.started, spec)
	f.mu.Unlock()
	if f.StartCallFunc != nil {
		return f.StartCallFunc(ctx, spec)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.refusal(spec); err != nil {
		return err
	}
	f.setCall(callOf(spec))
	return nil
}

// refusal returns a plain nil when there is none, never a typed one.
func (f *Fake) refusal(spec gateway.CallSpec) error {
	if errs := spec.Validate(); len(errs) > 0 {
		return errs[0]
	}
	if _, ok := f.calls.get(spec.ID); ok {
		return refused(gateway.CodeConflict, gateway.ReasonCallExists, "callId", spec.ID, "a call with this id exists")
	}
	for _, c := range f.calls.list() {
		if spec.RTMPURL != "" && c.RTMPURL == spec.RTMPURL && c.RTMPStream == spec.RTMPStream {
			return refused(gateway.CodeConflict, gateway.ReasonTargetInUse, "rtmpUrl", spec.RTMPURL.String(),
				"another call publishes to this address")
		}
	}
	return nil
}

func callOf(spec gateway.CallSpec) gateway.Call {
	call := gateway.Call{
		ID:          spec.ID,
		AppKey:      spec.AppKey,
		Custom:      spec.Custom,
		Status:      gateway.CallTrying,
		SIPStatus:   100,
		Caller:      spec.Account.Login,
		Callee:      spec.Callee,
		VisibleName: spec.VisibleName,
		Stream:      spec.Stream,
		RTMPURL:     spec.RTMPURL,
		RTMPStream:  spec.RTMPStream,
		HasAudio:    spec.HasAudio,
		HasVideo:    spec.HasVideo,
	}
	if call.Stream == "" {
		call.Stream = spec.ID
	}
	if spec.RTMPURL != "" {
		call.RTMPStatus = gateway.RTMPWait
	}
	return call
}

// EndCall implements gateway.API. By default the call finishes and disappears at once.
func (f *Fake) EndCall(ctx context.Context, callID string) error {
	f.mu.Lock()
	f.ended = append(f.ended, callID)
	f.mu.Unlock()
	if f.EndCallFunc != nil {
		return f.EndCallFunc(ctx, callID)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	call, ok := f.calls.get(callID)
	if !ok {
		return callNotFound(callID)
	}
	call.Status = gateway.CallFinish
	call.Ending = gateway.Ending{Reason: gateway.EndLocal}
	call.Ended = time.Now()
	f.setCall(call)
	f.calls.remove(callID)
	f.publish(gateway.Event{Kind: gateway.EventCall, ID: callID, Removed: true})
	return nil
}

// SendDTMF implements gateway.API. By default it takes anything for a call that is up.
func (f *Fake) SendDTMF(ctx context.Context, callID string, dtmf gateway.DTMF) error {
	f.mu.Lock()
	f.dtmfs = append(f.dtmfs, SentDTMF{CallID: callID, DTMF: dtmf})
	f.mu.Unlock()
	if f.SendDTMFFunc != nil {
		return f.SendDTMFFunc(ctx, callID, dtmf)
	}
	if err := dtmf.Validate(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	call, ok := f.calls.get(callID)
	if !ok {
		return callNotFound(callID)
	}
	if call.Status != gateway.CallEstablished && call.Status != gateway.CallHold {
		return refused(gateway.CodeConflict, gateway.ReasonNotUp, "callId", callID, "the call is not established")
	}
	return nil
}

// HoldCall implements gateway.API. By default every call that is up agrees at once.
func (f *Fake) HoldCall(_ context.Context, callID string, hold bool) error {
	return f.changeCall("HoldCall", callID, func(c *gateway.Call) {
		c.Held.Local, c.Status = hold, gateway.CallEstablished
		if hold || c.Held.Remote {
			c.Status = gateway.CallHold
		}
	})
}

// RequestKeyframe implements gateway.API.
func (f *Fake) RequestKeyframe(ctx context.Context, stream string) error {
	f.mu.Lock()
	f.keyframes = append(f.keyframes, stream)
	f.mu.Unlock()
	if f.RequestKeyframeFunc != nil {
		return f.RequestKeyframeFunc(ctx, stream)
	}
	return f.streamExists(stream)
}

// OpenPreview implements gateway.API. By default every stream shows a moving test picture and a breathing level.
func (f *Fake) OpenPreview(ctx context.Context, stream string) (gateway.Preview, error) {
	if f.OpenPreviewFunc != nil {
		return f.OpenPreviewFunc(ctx, stream)
	}
	if err := f.streamExists(stream); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.previews++
	return newPreview(stream, f.previewClosed), nil
}

func (f *Fake) previewClosed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.previews--
}

func (f *Fake) streamExists(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.streams.get(name); !ok {
		return refused(gateway.CodeNotFound, gateway.ReasonStreamMissing, "streamName", name, "no stream with this name")
	}
	return nil
}

// Started returns every call asked for, in order.
func (f *Fake) Started() []gateway.CallSpec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.started)
}

// Ended returns the id of every call that was asked to end, in order.
func (f *Fake) Ended() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.ended)
}

// DTMFs returns every request for tones, in order.
func (f *Fake) DTMFs() []SentDTMF {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.dtmfs)
}

// Keyframes returns the stream of every keyframe request, in order.
func (f *Fake) Keyframes() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.keyframes)
}

// OpenPreviews returns how many of the fake's own previews are open.
func (f *Fake) OpenPreviews() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.previews
}

// Subscribers returns how many subscriptions are open.
func (f *Fake) Subscribers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.subs)
}

func callNotFound(id string) error {
	return refused(gateway.CodeNotFound, gateway.ReasonCallNotFound, "callId", id, "no call with this id")
}

func refused(code gateway.Code, reason, field, value, remedy string) error {
	return &gateway.Error{
		Code: code, Reason: reason, Field: field, Value: value,
		Message: fmt.Sprintf("%s %q: %s", field, value, remedy),
	}
}
