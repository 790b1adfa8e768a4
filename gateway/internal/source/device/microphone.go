//go:build cgo && !nolibav && !ci

package device

import (
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"
	"unsafe"

	"github.com/gen2brain/malgo"

	"callcast/gateway"
)

const (
	period = 20 // ms, of samples that a driver hands over at a time
	held   = 50 // of them at most, when the reader does not keep up

	// mute is how long a microphone may hand over nothing, not even silence, before it is given up.
	mute = 3 * time.Second
)

var (
	errStopped = errors.New("the device was stopped: it may be unplugged")
	errMute    = errors.New("the device hands over nothing")
)

// sound is the machine's way to its microphones.
type sound struct {
	*malgo.AllocatedContext
	backend malgo.Backend
}

// openSound fails if the machine has none.
func openSound() (sound, error) {
	backends := []malgo.Backend{ // all but the one that pretends
		malgo.BackendWasapi, malgo.BackendCoreaudio, malgo.BackendPulseaudio, malgo.BackendAlsa, malgo.BackendSndio,
		malgo.BackendAudio4, malgo.BackendOss,
	}
	var missing error
	for _, backend := range backends { // one by one: the library does not tell which of several it took
		c, err := malgo.InitContext([]malgo.Backend{backend}, malgo.ContextConfig{}, nil)
		if err == nil {
			return sound{c, backend}, nil
		}
		missing = err
	}
	return sound{}, missing
}

func (s sound) close() {
	_ = s.Uninit()
	s.Free()
}

// microphones lists them; none if there is no way to sound.
func microphones() []gateway.Device {
	s, err := openSound()
	if err != nil {
		return nil
	}
	defer s.close()
	infos, err := s.Devices(malgo.Capture)
	if err != nil {
		return nil
	}
	var all []gateway.Device
	for _, info := range infos {
		if s.backend == malgo.BackendAlsa && !records(text(info.ID)) {
			continue
		}
		all = append(all, gateway.Device{ID: info.ID.String(), Kind: "audio", Name: info.Name()})
	}
	return all
}

// microphone is an open one.
type microphone struct {
	sound   sound
	device  *malgo.Device
	heard   chan []int16
	stopped chan struct{}
	closed  chan struct{}
	stop    sync.Once
	shut    sync.Once
}

func openMicrophone(id string) (Microphone, error) {
	s, err := openSound()
	if err != nil {
		return nil, ErrMissing
	}
	m := &microphone{sound: s, heard: make(chan []int16, held), stopped: make(chan struct{}), closed: make(chan struct{})}
	if err := m.open(id); err != nil {
		s.close()
		return nil, err
	}
	if err := m.device.Start(); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (m *microphone) open(id string) error {
	infos, err := m.sound.Devices(malgo.Capture)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(infos, func(i malgo.DeviceInfo) bool { return i.ID.String() == id })
	if at < 0 {
		return ErrMissing
	}
	config := malgo.DefaultDeviceConfig(malgo.Capture)
	config.SampleRate, config.PeriodSizeInMilliseconds = rate, period
	config.Capture.Format, config.Capture.Channels = malgo.FormatS16, 1
	var pin runtime.Pinner // the library copies it
	defer pin.Unpin()
	pin.Pin(&infos[at].ID)
	config.Capture.DeviceID = unsafe.Pointer(&infos[at].ID)
	m.device, err = malgo.InitDevice(m.sound.Context, config, malgo.DeviceCallbacks{
		Data: func(_, samples []byte, _ uint32) { m.hear(samples) },
		Stop: func() { m.stop.Do(func() { close(m.stopped) }) },
	})
	return err
}

// hear copies samples: their memory is the driver's again when it returns.
func (m *microphone) hear(samples []byte) {
	pcm := make([]int16, len(samples)/2)
	for i := range pcm {
		pcm[i] = int16(binary.NativeEndian.Uint16(samples[2*i:]))
	}
	select {
	case m.heard <- pcm:
	default:
	}
}

func (m *microphone) Read() ([]int16, error) {
	timer := time.NewTimer(mute)
	defer timer.Stop()
	select {
	case pcm := <-m.heard:
		return pcm, nil
	case <-m.closed:
		return nil, io.EOF
	case <-m.stopped:
		return nil, errStopped
	case <-timer.C:
		return nil, errMute
	}
}

func (m *microphone) Close() {
	m.shut.Do(func() {
		close(m.closed)
		_ = m.device.Stop() // wakes a driver whose server has died; the next would wait for it
		m.device.Uninit()
		m.sound.close()
	})
}
