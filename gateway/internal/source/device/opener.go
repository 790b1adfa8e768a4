package device

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/media"
)

// rate is that of the sound of every microphone.
const rate = 48000

// driverTime is how long a driver may take.
const driverTime = 5 * time.Second

// Opener knows the devices of a machine. Its methods may take as long as they like.
type Opener interface {
	List() ([]gateway.Device, error)
	// Microphone and Camera open a device. They fail with ErrMissing if there is none with this ID.
	Microphone(id string) (Microphone, error)
	Camera(id string) (Camera, error)
}

// Microphone is an open one. Close may be called at any time and again.
type Microphone interface {
	// Read waits for samples of one channel at 48 kHz, which are good until the next Read. It fails when the device is gone,
	// and after Close.
	Read() ([]int16, error)
	Close()
}

// Camera is an open one. Close may be called at any time and again.
type Camera interface {
	// Read waits for a picture, which is good until the next Read. It fails when the device is gone, and after Close.
	Read() (*image.YCbCr, error)
	Close()
}

// ErrMissing is that a device is not there.
var ErrMissing = errors.New("no such device")

var errSlow = errors.New("the driver does not answer")

// Devices lists the devices of a machine.
func Devices(ctx context.Context, o Opener) ([]gateway.Device, error) {
	found, err := ask(ctx, o.List, func([]gateway.Device) {})
	if err != nil {
		return nil, &gateway.Error{
			Code: gateway.CodeUnavailable, Reason: gateway.ReasonDeviceBusy, Field: "devices", Err: err,
			Message: fmt.Sprintf("devices: they cannot be listed now (%v); try again.", err),
		}
	}
	return found, nil
}

// ask has a driver do something. What it comes up with too late is dropped.
func ask[T any](ctx context.Context, do func() (T, error), drop func(T)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, driverTime, errSlow)
	defer cancel()
	type outcome struct {
		got T
		err error
	}
	done := make(chan outcome)
	go func() {
		got, err := do()
		select {
		case done <- outcome{got, err}:
		case <-ctx.Done():
			if err == nil {
				drop(got)
			}
		}
	}()
	select {
	case o := <-done:
		return o.got, o.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// letGo closes a device. A driver that does not answer is left to itself.
func letGo(shut func()) {
	_, _ = ask(context.Background(), func() (struct{}, error) { shut(); return struct{}{}, nil }, func(struct{}) {})
}

// refusal says why a device cannot be used.
func refusal(kind media.Kind, id string, err error) *gateway.Error {
	field := "microphone"
	if kind == media.Video {
		field = "camera"
	}
	e := &gateway.Error{
		Code: gateway.CodeUnavailable, Reason: gateway.ReasonDeviceBusy, Field: field, Value: id, Err: err,
		Message: fmt.Sprintf("%s %q: it cannot be opened (%v); close the program that uses it, or allow this one to.", field, id, err),
	}
	if errors.Is(err, ErrMissing) {
		e.Code, e.Reason = gateway.CodeNotFound, gateway.ReasonDeviceMissing
		e.Message = fmt.Sprintf("%s %q: there is no such device; plug it in, or choose one that is listed.", field, id)
	}
	return e
}
