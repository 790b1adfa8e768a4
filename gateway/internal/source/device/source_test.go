//go:build cgo && !nolibav

package device

import (
	"image"
	"io"
	"log/slog"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway"
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a machine whose microphones sound the tone of their ID's length in hundreds of Hz, and whose camera is grey.
type bench struct {
	opening time.Duration // how long it takes to open a device
	mu      sync.Mutex    // guards open
	open    []*thing
}

func (b *bench) List() ([]gateway.Device, error) {
	time.Sleep(b.opening)
	return []gateway.Device{{ID: "mic", Kind: "audio"}}, nil
}

func (b *bench) take(id string) (*thing, error) {
	time.Sleep(b.opening)
	if id == "missing" {
		return nil, ErrMissing
	}
	t := &thing{id: id, gone: make(chan struct{})}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = append(b.open, t)
	return t, nil
}

// held are the IDs of what is open.
func (b *bench) held() (ids []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.open {
		select {
		case <-t.gone:
		default:
			ids = append(ids, t.id)
		}
	}
	return ids
}

func (b *bench) Microphone(id string) (Microphone, error) {
	t, err := b.take(id)
	return mic{t}, err
}

func (b *bench) Camera(id string) (Camera, error) {
	t, err := b.take(id)
	return cam{t}, err
}

type thing struct {
	id    string
	gone  chan struct{}
	once  sync.Once
	count int
}

func (t *thing) Close() { t.once.Do(func() { close(t.gone) }) }

func (t *thing) await(d time.Duration) error {
	t.count++
	select {
	case <-time.After(d):
		return nil
	case <-t.gone:
		return io.EOF
	}
}

func tone(id string) float64 { return 100 * float64(len(id)) }

type mic struct{ *thing }

func (m mic) Read() ([]int16, error) {
	if err := m.await(10 * time.Millisecond); err != nil {
		return nil, err
	}
	pcm := make([]int16, rate/100)
	for i := range pcm {
		pcm[i] = int16(16000 * math.Sin(2*math.Pi*tone(m.id)*float64(m.count*len(pcm)+i)/rate))
	}
	return pcm, nil
}

type cam struct{ *thing }

func (c cam) Read() (*image.YCbCr, error) {
	if err := c.await(40 * time.Millisecond); err != nil {
		return nil, err
	}
	return image.NewYCbCr(image.Rect(0, 0, 64, 48), image.YCbCrSubsampleRatio420), nil
}

// stage is a source with somebody who reads its stream.
type stage struct {
	*Source

	bench  *bench
	stream *stream.Stream
	lost   chan error
	mu     sync.Mutex // guards units
	units  [media.Kinds][]*media.Unit
}

// perform runs a test in a bubble.
func perform(t *testing.T, play func(t *testing.T, s *stage)) {
	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.DiscardHandler)
		s := &stage{bench: &bench{}, lost: make(chan error, 1), stream: stream.New(stream.Params{Name: "self", Log: log})}
		var err error
		s.Source, err = New(Params{
			Stream: s.stream, Sound: media.PCMA, Opener: s.bench, Log: log, OnLost: func(why error) { s.lost <- why },
		})
		require.NoError(t, err)
		r := s.stream.Attach(stream.ReaderParams{Name: "test", Audio: []media.Codec{media.PCMA}, Video: []media.Codec{media.H264}})
		var reading sync.WaitGroup
		reading.Go(func() {
			for {
				u, err := r.Next(t.Context())
				if err != nil {
					return
				}
				s.mu.Lock()
				s.units[u.Kind()] = append(s.units[u.Kind()], u)
				s.mu.Unlock()
			}
		})
		defer reading.Wait()
		defer s.stream.Close()
		defer s.Close()
		play(t, s)
	})
}

// got takes what was read of a kind.
func (s *stage) got(kind media.Kind) []*media.Unit {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	units := s.units[kind]
	s.units[kind] = nil
	return units
}

// requireTone finds nothing but a tone in the last half second of units.
func requireTone(t *testing.T, units []*media.Unit, hz float64) {
	t.Helper()
	require.Greater(t, len(units), 25)
	var pcm []int16
	for _, u := range units[len(units)-25:] {
		pcm = g711.Decode(pcm, media.PCMA, u.Payload)
	}
	var re, im, power float64
	for i, s := range pcm {
		w := 2 * math.Pi * hz * float64(i) / 8000
		re, im, power = re+float64(s)*math.Cos(w), im+float64(s)*math.Sin(w), power+float64(s)*float64(s)
	}
	require.Greater(t, 2*(re*re+im*im)/(power*float64(len(pcm))), 0.98, "%v Hz", hz)
}

func TestAnotherMicrophoneMakesNoHole(t *testing.T) {
	perform(t, func(t *testing.T, s *stage) {
		require.NoError(t, s.Use(t.Context(), gateway.DeviceUse{Microphone: "headset"}))
		time.Sleep(time.Second)
		first := s.got(media.Audio)
		requireTone(t, first, tone("headset"))
		require.NoError(t, s.Use(t.Context(), gateway.DeviceUse{Microphone: "loudspeaker"}))
		require.Equal(t, []string{"loudspeaker"}, s.bench.held())
		time.Sleep(time.Second)
		all := append(first, s.got(media.Audio)...)
		requireTone(t, all, tone("loudspeaker"))
		for i, u := range all[1:] {
			require.InDelta(t, 20, (u.PTS - all[i].PTS).Milliseconds(), 1, "unit %d", i)
		}
		require.InDelta(t, 2, all[len(all)-1].PTS.Seconds(), 0.1)
	})
}

func TestSoundAndPicturesAreInStep(t *testing.T) {
	perform(t, func(t *testing.T, s *stage) {
		both := gateway.DeviceUse{Microphone: "mic", Camera: "camera"}
		require.NoError(t, s.Use(t.Context(), both))
		require.Equal(t, both, s.Using())
		time.Sleep(3 * time.Second)
		audio, video := s.got(media.Audio), s.got(media.Video)
		require.InDelta(t, 75, len(video), 3)
		require.True(t, video[0].Key)
		require.InDelta(t, audio[len(audio)-1].PTS.Seconds(), video[len(video)-1].PTS.Seconds(), 0.06)
		s.stream.RequestKeyframe()
		time.Sleep(100 * time.Millisecond)
		require.True(t, s.got(media.Video)[0].Key)
	})
}

func TestALostDeviceIsTold(t *testing.T) {
	perform(t, func(t *testing.T, s *stage) {
		require.NoError(t, s.Use(t.Context(), gateway.DeviceUse{Microphone: "mic", Camera: "camera"}))
		time.Sleep(time.Second)
		s.bench.mu.Lock()
		for _, d := range s.bench.open {
			if d.id == "camera" {
				d.Close()
			}
		}
		s.bench.mu.Unlock()
		require.ErrorIs(t, <-s.lost, io.EOF)
		require.Equal(t, gateway.DeviceUse{Microphone: "mic"}, s.Using())
		require.NoError(t, s.Use(t.Context(), gateway.DeviceUse{}))
		synctest.Wait()
		require.Empty(t, s.lost, "what was let go is not lost")
		require.Empty(t, s.bench.held())
	})
}

func TestRefusals(t *testing.T) {
	perform(t, func(t *testing.T, s *stage) {
		refused := func(use gateway.DeviceUse, field, reason string) error {
			t.Helper()
			err := s.Use(t.Context(), use)
			var e *gateway.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, field, e.Field)
			require.Equal(t, reason, e.Reason)
			return err
		}
		require.NoError(t, s.Use(t.Context(), gateway.DeviceUse{Microphone: "mic"}))
		refused(gateway.DeviceUse{Microphone: "other", Camera: "missing"}, "camera", gateway.ReasonDeviceMissing)
		require.Equal(t, []string{"mic"}, s.bench.held(), "all stays as it was")

		s.bench.opening = driverTime + time.Second
		begun := time.Now()
		err := refused(gateway.DeviceUse{Microphone: "other"}, "microphone", gateway.ReasonDeviceBusy)
		require.ErrorIs(t, err, errSlow)
		require.Equal(t, driverTime, time.Since(begun))
		time.Sleep(2 * time.Second)
		require.Equal(t, []string{"mic"}, s.bench.held(), "what came late was let go")
		_, err = Devices(t.Context(), s.bench)
		require.ErrorIs(t, err, errSlow)
		time.Sleep(2 * time.Second)
	})
}
