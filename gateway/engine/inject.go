package engine

import (
	"context"
	"fmt"

	"callcast/gateway"
	"callcast/gateway/internal/call"
	"callcast/gateway/internal/codec/transcode"
)

// InjectStream sends a stream to the remote party of a call.
func (e *Engine) InjectStream(ctx context.Context, id, name string) error {
	room, media, err := e.established(ctx, id)
	if err != nil {
		return err
	}
	if name == "" {
		return gateway.Invalid(gateway.ReasonRequired, "streamName", name, "name the stream to send into the call.")
	}
	from, err := e.streams.find(name)
	if err != nil {
		return err
	}
	if from == room.stream {
		return &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonStreamInUse, Field: "streamName", Value: name,
			Message: fmt.Sprintf("streamName %q: this is what the call itself sends; choose another stream.", name),
		}
	}
	room.call.SetInjection(func(i *call.Injection) { i.Stream = name })
	media.Inject(from.stream, func() {
		room.call.SetInjection(func(i *call.Injection) {
			if i.Stream == name {
				i.Stream = ""
			}
		})
	})
	return nil
}

// EndInjection stops the stream that is injected into a call.
func (e *Engine) EndInjection(ctx context.Context, id string) error {
	room, media, err := e.established(ctx, id)
	if err != nil {
		return err
	}
	media.EndInjection()
	room.call.SetInjection(func(i *call.Injection) { i.Stream = "" })
	return nil
}

// InjectSound plays a sound file to the remote party of a call.
func (e *Engine) InjectSound(ctx context.Context, id string, sound gateway.Sound) error {
	room, media, err := e.established(ctx, id)
	if err != nil {
		return err
	}
	if sound.File == "" {
		return gateway.Invalid(gateway.ReasonRequired, "fileName", "", "name a WAV file in media_dir.")
	}
	c, err := e.clip(sound.File)
	if err != nil {
		return err
	}
	rate := media.SoundRate()
	samples, err := transcode.Resample(c.samples, c.rate, rate)
	if err != nil {
		return asContract(err)
	}
	room.call.SetInjection(func(i *call.Injection) { i.Sound = sound.File })
	media.PlaySound(samples, rate, sound.Loop, func() {
		room.call.SetInjection(func(i *call.Injection) {
			if i.Sound == sound.File {
				i.Sound = ""
			}
		})
	})
	return nil
}

// EndSound stops the sound file that plays into a call.
func (e *Engine) EndSound(ctx context.Context, id string) error {
	room, media, err := e.established(ctx, id)
	if err != nil {
		return err
	}
	media.EndSound()
	room.call.SetInjection(func(i *call.Injection) { i.Sound = "" })
	return nil
}

// established finds a call that is, and its media.
func (e *Engine) established(ctx context.Context, id string) (*callRoom, callMedia, error) {
	room, err := e.calls.find(id)
	if err != nil {
		return nil, callMedia{}, err
	}
	media, err := room.call.LiveMedia(ctx)
	if err != nil {
		return nil, callMedia{}, asContract(err)
	}
	return room, media.(callMedia), nil
}
