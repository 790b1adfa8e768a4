//go:build cgo && !nolibav

package engine

import (
	"context"
	"errors"
	"image"
	"io"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/gateway/internal/source/device"
)

// gear is a machine with devices that are made up.
type gear struct {
	mu    sync.Mutex // guards what follows
	tones map[string]float64
	grey  map[string]uint8
	stuck chan struct{} // if not nil, opening waits for its end
	open  map[string]*gadget
}

func newGear(t *testing.T, e *Engine) *gear {
	t.Helper()
	g := &gear{
		tones: map[string]float64{"headset": 440, "desk": 900},
		grey:  map[string]uint8{"webcam": 220},
		open:  map[string]*gadget{},
	}
	e.devices = g
	return g
}

func (g *gear) List() ([]gateway.Device, error) {
	return []gateway.Device{
		{ID: "headset", Kind: "audio", Name: "Headset"},
		{ID: "desk", Kind: "audio", Name: "Desk"},
		{ID: "webcam", Kind: "video", Name: "Webcam"},
	}, nil
}

var errInUse = errors.New("device or resource busy")

// take opens a gadget that is used by nobody else.
func (g *gear) take(id string, known bool) (*gadget, error) {
	g.mu.Lock()
	stuck := g.stuck
	g.mu.Unlock()
	if stuck != nil {
		<-stuck
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !known {
		return nil, device.ErrMissing
	}
	if g.open[id] != nil {
		return nil, errInUse
	}
	d := &gadget{gear: g, id: id, gone: make(chan struct{}), begun: time.Now()}
	g.open[id] = d
	return d, nil
}

func (g *gear) Microphone(id string) (device.Microphone, error) {
	tone := g.tones[id]
	d, err := g.take(id, tone != 0)
	if err != nil {
		return nil, err
	}
	return madeMicrophone{d, tone}, nil
}

func (g *gear) Camera(id string) (device.Camera, error) {
	d, err := g.take(id, g.grey[id] != 0)
	if err != nil {
		return nil, err
	}
	return madeCamera{d, g.grey[id]}, nil
}

// inUse are the gadgets that are open.
func (g *gear) inUse() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	ids := []string{}
	for id := range g.open {
		ids = append(ids, id)
	}
	return ids
}

// unplug makes a gadget fail.
func (g *gear) unplug(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open[id].end()
}

// gadget is an open device.
type gadget struct {
	gear  *gear
	id    string
	gone  chan struct{}
	once  sync.Once
	begun time.Time
	count int
}

func (d *gadget) end() { d.once.Do(func() { close(d.gone) }) }

func (d *gadget) Close() {
	d.end()
	d.gear.mu.Lock()
	defer d.gear.mu.Unlock()
	if d.gear.open[d.id] == d {
		delete(d.gear.open, d.id)
	}
}

// await waits until the next piece is due.
func (d *gadget) await(every time.Duration) error {
	d.count++
	select {
	case <-time.After(time.Until(d.begun.Add(time.Duration(d.count) * every))):
		return nil
	case <-d.gone:
		return io.ErrUnexpectedEOF
	}
}

type madeMicrophone struct {
	*gadget
	tone float64
}

func (m madeMicrophone) Read() ([]int16, error) {
	const samples = 480
	if err := m.await(10 * time.Millisecond); err != nil {
		return nil, err
	}
	pcm := make([]int16, samples)
	for i := range pcm {
		pcm[i] = int16(16384 * math.Sin(2*math.Pi*m.tone*float64(m.count*samples+i)/48000))
	}
	return pcm, nil
}

type madeCamera struct {
	*gadget
	grey uint8
}

// Read gives a picture that is bright on the left, with a bar that moves.
func (c madeCamera) Read() (*image.YCbCr, error) {
	if err := c.await(40 * time.Millisecond); err != nil {
		return nil, err
	}
	img := image.NewYCbCr(image.Rect(0, 0, 320, 180), image.YCbCrSubsampleRatio422)
	for i := range img.Y {
		img.Y[i] = 40
		if x := i % img.YStride; x < 160 || x == 160+c.count%160 {
			img.Y[i] = c.grey
		}
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 128, 128
	}
	return img, nil
}

func using(use gateway.DeviceUse) func(gateway.Event) bool {
	return func(ev gateway.Event) bool {
		if ev.Call == nil {
			return false
		}
		got := ev.Call.Devices
		got.SelfView = ""
		return got == use
	}
}

func TestSomebodyAtThisMachineTalks(t *testing.T) {
	e, heard, seen := start(t, loopback()), new(ear), newEye(t)
	g := newGear(t, e)
	phone := callee(t, demophone.Params{OnSound: heard.hear, OnPicture: seen.see})
	events := follow(t, e)
	require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
	events.await(t, "c1", established)

	found, err := e.Devices(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 3)

	both := gateway.DeviceUse{Microphone: "headset", Camera: "webcam"}
	require.NoError(t, e.UseDevices(t.Context(), "c1", both))
	now := events.await(t, "c1", using(both)).Call
	hears(t, heard.recent, 440)
	seen.sees(t, 220)

	t.Run("and sees oneself", func(t *testing.T) {
		p, err := e.OpenPreview(t.Context(), now.Devices.SelfView)
		require.NoError(t, err)
		defer p.Close()
		require.Eventually(t, func() bool {
			img, fresh := p.Frame(nil)
			return fresh && img.Bounds().Size() == image.Pt(320, 180) && img.RGBAAt(80, 90).G > 180 && img.RGBAAt(300, 90).G < 100
		}, patience, 10*time.Millisecond)
		for _, s := range e.Snapshot().Streams {
			require.NotEqual(t, now.Devices.SelfView, s.Name)
		}
		requireRefusal(t, e.EndStream(t.Context(), now.Devices.SelfView), gateway.CodeNotFound, gateway.ReasonStreamMissing)
	})

	t.Run("with another microphone", func(t *testing.T) {
		other := gateway.DeviceUse{Microphone: "desk", Camera: "webcam"}
		require.NoError(t, e.UseDevices(t.Context(), "c1", other))
		next := events.await(t, "c1", using(other)).Call
		require.Equal(t, now.Devices.SelfView, next.Devices.SelfView, "the stream goes on")
		hears(t, heard.recent, 900)
		require.ElementsMatch(t, []string{"desk", "webcam"}, g.inUse())
	})

	t.Run("or none that is there", func(t *testing.T) {
		err := e.UseDevices(t.Context(), "c1", gateway.DeviceUse{Microphone: "headset", Camera: "nothing"})
		requireRefusal(t, err, gateway.CodeNotFound, gateway.ReasonDeviceMissing)
		require.Contains(t, err.Error(), `camera "nothing"`)
		require.ElementsMatch(t, []string{"desk", "webcam"}, g.inUse(), "all stays as it was")
	})

	t.Run("until one is unplugged", func(t *testing.T) {
		g.unplug("webcam")
		left := events.await(t, "c1", using(gateway.DeviceUse{Microphone: "desk"})).Call
		require.Empty(t, left.Devices.SelfView)
		require.Equal(t, []string{"desk"}, g.inUse())
		hears(t, heard.recent, 900)
		require.NoError(t, e.UseDevices(t.Context(), "c1", gateway.DeviceUse{Microphone: "desk", Camera: "webcam"}))
		seen.forget()
		seen.sees(t, 220)
	})

	t.Run("and then no more", func(t *testing.T) {
		require.NoError(t, e.UseDevices(t.Context(), "c1", gateway.DeviceUse{}))
		events.await(t, "c1", using(gateway.DeviceUse{}))
		hushes(t, heard.recent)
		require.Empty(t, g.inUse())
		_, err := e.OpenPreview(t.Context(), now.Devices.SelfView)
		requireRefusal(t, err, gateway.CodeNotFound, gateway.ReasonStreamMissing)
	})

	require.NoError(t, e.UseDevices(t.Context(), "c1", both))
	hears(t, heard.recent, 440)
	require.NoError(t, e.EndCall(t.Context(), "c1"))
	last := events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call != nil && ev.Call.Status.Ended() }).Call
	require.Equal(t, gateway.DeviceUse{}, last.Devices)
	events.await(t, "c1", removed)
	require.Empty(t, g.inUse(), "the devices are let go before the call is gone")
}

func TestDevicesAreRefused(t *testing.T) {
	e := start(t, loopback())
	g := newGear(t, e)
	phone := callee(t, demophone.Params{})
	events := follow(t, e)
	headset := gateway.DeviceUse{Microphone: "headset"}
	requireRefusal(t, e.UseDevices(t.Context(), "c1", headset), gateway.CodeNotFound, gateway.ReasonCallNotFound)
	for _, id := range []string{"c1", "c2"} {
		require.NoError(t, e.StartCall(t.Context(), spec(id, phone)))
		events.await(t, id, established)
	}
	err := e.UseDevices(t.Context(), "c1", gateway.DeviceUse{Microphone: "nothing"})
	requireRefusal(t, err, gateway.CodeNotFound, gateway.ReasonDeviceMissing)
	require.NoError(t, e.UseDevices(t.Context(), "c1", headset))
	err = e.UseDevices(t.Context(), "c2", headset)
	requireRefusal(t, err, gateway.CodeUnavailable, gateway.ReasonDeviceBusy)
	require.ErrorIs(t, err, errInUse)

	h := newHandset(t, false)
	dial(t, e, h, spec("c3", phone))
	events.await(t, "c3", established)
	err = e.UseDevices(t.Context(), "c3", gateway.DeviceUse{Microphone: "desk"})
	requireRefusal(t, err, gateway.CodeConflict, gateway.ReasonBrowserTalks)
	require.Equal(t, []string{"headset"}, g.inUse())
}

// TestDriverThatDoesNotAnswer: the call goes on meanwhile, and what the driver comes up with later is let go.
func TestDriverThatDoesNotAnswer(t *testing.T) {
	e := start(t, loopback())
	g := newGear(t, e)
	phone := callee(t, demophone.Params{})
	events := follow(t, e)
	require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
	events.await(t, "c1", established)
	stuck := make(chan struct{})
	g.mu.Lock()
	g.stuck = stuck
	g.mu.Unlock()
	outcome := make(chan error, 1)
	ctx, giveUp := context.WithCancel(t.Context())
	go func() { outcome <- e.UseDevices(ctx, "c1", gateway.DeviceUse{Microphone: "headset"}) }()
	require.NoError(t, e.HoldCall(t.Context(), "c1", true))
	require.NoError(t, e.HoldCall(t.Context(), "c1", false))
	giveUp()
	requireRefusal(t, <-outcome, gateway.CodeUnavailable, gateway.ReasonDeviceBusy)
	close(stuck)
	require.Eventually(t, func() bool { return len(g.inUse()) == 0 }, patience, time.Millisecond)
	for _, c := range e.Snapshot().Calls {
		require.Equal(t, gateway.DeviceUse{}, c.Devices)
	}
}
