package engine

import (
	"context"
	"fmt"
	"sync"

	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/source/device"
	"callcast/gateway/internal/stream"
)

// Devices lists the microphones and cameras of this machine.
func (e *Engine) Devices(ctx context.Context) ([]gateway.Device, error) {
	found, err := device.Devices(ctx, e.devices)
	if err != nil {
		return nil, asContract(err)
	}
	return found, nil
}

// UseDevices lets somebody at this machine talk in a call.
func (e *Engine) UseDevices(ctx context.Context, callID string, use gateway.DeviceUse) error {
	room, sides, err := e.established(ctx, callID)
	if err != nil {
		return err
	}
	if room.seat.seated() != nil { // which is settled before a call is up: see take and replace
		return &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonBrowserTalks, Field: "callId", Value: callID,
			Message: fmt.Sprintf("callId %q: a browser talks in this call; use the microphone and camera of the browser.", callID),
		}
	}
	if err := room.person.use(ctx, sides, use); err != nil {
		return asContract(err)
	}
	return nil
}

// person is somebody at this machine who may talk in a call.
type person struct {
	room *callRoom

	mu     sync.Mutex // held while devices are changed; guards what follows
	talk   *talk      // nil while the person uses no devices
	closed bool
}

// talk is a person's part in a call: a stream that nobody else can ask for, but to see it.
type talk struct {
	stream   *stream.Stream
	source   *device.Source
	selfView string
	hide     func()
}

// use makes the person talk with other devices, or not at all.
func (p *person) use(ctx context.Context, sides callMedia, use gateway.DeviceUse) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if use.Microphone == "" && use.Camera == "" {
		p.endLocked()
		return nil
	}
	if p.closed {
		return p.room.call.NotUp()
	}
	t := p.talk
	if t == nil {
		var err error
		if t, err = p.begin(sides); err != nil {
			return err
		}
	}
	if err := t.source.Use(ctx, use); err != nil {
		if p.talk == nil {
			t.close()
		}
		return err
	}
	if p.talk == nil {
		p.talk = t
		sides.Talk(t.stream)
	}
	p.tell(t)
	return nil
}

// begin makes a talk whose sound is what the call sends.
func (p *person) begin(sides callMedia) (*talk, error) {
	streams := p.room.engine.streams
	t := &talk{}
	t.selfView, t.stream, t.hide = streams.selfView()
	sound := sides.Speaks()
	if sound == "" {
		sound = media.PCMA
	}
	var err error
	t.source, err = device.New(device.Params{
		Stream: t.stream, Sound: sound, Opener: p.room.engine.devices,
		OnLost: func(error) { p.tell(t) }, Log: p.room.log,
	})
	if err != nil {
		t.hide()
		t.stream.Close()
	}
	return t, err
}

// tell has the call say which devices a talk uses.
func (p *person) tell(t *talk) {
	p.room.call.SetDevices(func() gateway.DeviceUse {
		use := t.source.Using()
		if use.Camera != "" {
			use.SelfView = t.selfView
		}
		return use
	})
}

func (p *person) endLocked() {
	if p.talk == nil {
		return
	}
	p.talk.close()
	p.tell(p.talk)
	p.talk = nil
}

// close lets the devices go for good.
func (p *person) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.endLocked()
}

func (t *talk) close() {
	t.hide()
	t.source.Close()
	t.stream.Close()
}
