//go:build cgo && !ci

package ring

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gen2brain/malgo"
)

const (
	handed = 20 // ms, of sound that a driver takes at a time; what it has taken is heard after the end

	// deaf is how long a loudspeaker may take nothing before it is given up.
	deaf = 3 * time.Second
)

var (
	errStopped = errors.New("the loudspeaker was stopped: it may be unplugged")
	errDeaf    = errors.New("the loudspeaker takes no sound: it may be unplugged")
)

// play plays from the loudspeaker that the system prefers.
func play(ctx context.Context, next func() int16) error {
	backends := []malgo.Backend{ // all but the one that pretends
		malgo.BackendWasapi, malgo.BackendCoreaudio, malgo.BackendPulseaudio, malgo.BackendAlsa, malgo.BackendSndio,
		malgo.BackendAudio4, malgo.BackendOss,
	}
	system, err := malgo.InitContext(backends, malgo.ContextConfig{}, nil)
	if err != nil {
		return fmt.Errorf("find a loudspeaker: %w", err)
	}
	defer func() {
		_ = system.Uninit()
		system.Free()
	}()
	config := malgo.DefaultDeviceConfig(malgo.Playback)
	config.SampleRate, config.PeriodSizeInMilliseconds = rate, handed
	config.Playback.Format, config.Playback.Channels = malgo.FormatS16, 1
	var taken atomic.Bool
	stopped := make(chan struct{})
	var stop sync.Once
	device, err := malgo.InitDevice(system.Context, config, malgo.DeviceCallbacks{
		Data: func(out, _ []byte, _ uint32) {
			taken.Store(true)
			fill(out, next)
		},
		Stop: func() { stop.Do(func() { close(stopped) }) },
	})
	if err != nil {
		return fmt.Errorf("open the loudspeaker: %w", err)
	}
	defer device.Uninit()
	if err := device.Start(); err != nil {
		return fmt.Errorf("start the loudspeaker: %w", err)
	}
	err = watch(ctx, &taken, stopped)
	_ = device.Stop() // wakes a driver whose server has died; Uninit would wait for it
	return err
}

// watch waits for the end, or until the loudspeaker is gone.
func watch(ctx context.Context, taken *atomic.Bool, stopped <-chan struct{}) error {
	ticker := time.NewTicker(deaf)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-stopped:
			return errStopped
		case <-ticker.C:
			if !taken.Swap(false) {
				return errDeaf
			}
		}
	}
}

func fill(out []byte, next func() int16) {
	for ; len(out) >= 2; out = out[2:] {
		binary.NativeEndian.PutUint16(out, uint16(next()))
	}
}
