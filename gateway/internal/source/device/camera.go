//go:build cgo && !nolibav && !ci

package device

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/driver/camera"
	"github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"

	"callcast/gateway"
)

// wantedFPS is how many pictures a second are enough.
const wantedFPS = 25

var (
	errFormat = errors.New("the camera has no form of picture that is known here")
	errClosed = errors.New("the camera is closed")
)

// drivers are those of the cameras that are plugged in.
func (m *machine) drivers() []driver.Driver {
	m.cameras.Lock()
	defer m.cameras.Unlock()
	manager := driver.GetManager()
	for _, d := range manager.Query(driver.FilterVideoRecorder()) {
		manager.Delete(d.ID())
	}
	camera.Initialize()
	return manager.Query(driver.FilterVideoRecorder())
}

func (m *machine) listCameras() []gateway.Device {
	var all []gateway.Device
	for _, d := range m.drivers() {
		if !films(d) {
			continue
		}
		label := d.Info().Label
		name, _, _ := strings.Cut(d.Info().Name, camera.LabelSeparator)
		all = append(all, gateway.Device{ID: label, Kind: "video", Name: cmp.Or(name, label)})
	}
	return all
}

// films reports whether a device gives pictures. Many cameras have another one that does not. One that cannot be asked is
// taken to.
func films(d driver.Driver) bool {
	if d.Open() != nil {
		return true
	}
	defer func() { _ = d.Close() }()
	return len(d.Properties()) > 0
}

// openedCamera is a camera that films.
type openedCamera struct {
	driver driver.Driver
	reader video.Reader
	room   *image.YCbCr // for pictures of another form
	lent   picture      // the last
	closed chan struct{}
	shut   sync.Once
}

// picture is one that the driver has lent, or why it has none.
type picture struct {
	image.Image
	giveBack func()
	err      error
}

// release gives it back. Drivers that have failed have lent nothing, and may have no way for it.
func (p picture) release() {
	if p.err == nil && p.giveBack != nil {
		p.giveBack()
	}
}

func (m *machine) openCamera(id string) (Camera, error) {
	all := m.drivers()
	at := slices.IndexFunc(all, func(d driver.Driver) bool { return d.Info().Label == id })
	if at < 0 {
		return nil, ErrMissing
	}
	return film(all[at])
}

func film(d driver.Driver) (Camera, error) {
	if err := d.Open(); err != nil {
		return nil, absent(err)
	}
	best, ok := choose(d.Properties())
	if !ok {
		_ = d.Close()
		return nil, errFormat
	}
	r, err := d.(driver.VideoRecorder).VideoRecord(best)
	if err != nil {
		_ = d.Close()
		return nil, absent(err)
	}
	return &openedCamera{driver: d, reader: r, closed: make(chan struct{})}, nil
}

func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.ENXIO) {
		return ErrMissing
	}
	return err
}

// choose takes the form of picture that is nearest to what is sent: its size first, then how many there are a second, then
// how little there is to be done with it.
func choose(forms []prop.Media) (prop.Media, bool) {
	forms = slices.DeleteFunc(slices.Clone(forms), func(p prop.Media) bool {
		return p.Width <= 0 || p.Height <= 0 || p.FrameFormat == frame.FormatZ16
	})
	if len(forms) == 0 {
		return prop.Media{}, false
	}
	return slices.MinFunc(forms, func(a, b prop.Media) int {
		return cmp.Or(cmp.Compare(sizeCost(a), sizeCost(b)), cmp.Compare(paceCost(a), paceCost(b)), cmp.Compare(workCost(a), workCost(b)))
	}), true
}

// sizeCost is how far a size is from the wanted one. What is lacking is worse than what is to be left out.
func sizeCost(p prop.Media) int {
	lacking := max(maxWidth-p.Width, 0)*maxHeight + max(maxHeight-p.Height, 0)*maxWidth
	return 4*lacking + max(p.Width-maxWidth, 0)*maxHeight + max(p.Height-maxHeight, 0)*maxWidth
}

func paceCost(p prop.Media) float32 {
	if p.FrameRate == 0 {
		return 0 // the camera does not say
	}
	if p.FrameRate < wantedFPS {
		return 4 * (wantedFPS - p.FrameRate)
	}
	return p.FrameRate - wantedFPS
}

func workCost(p prop.Media) int {
	if p.FrameFormat == frame.FormatMJPEG {
		return 1
	}
	return 0
}

// Read leaves a driver to itself that does not notice that it has been closed.
func (c *openedCamera) Read() (*image.YCbCr, error) {
	c.lent.release()
	c.lent = picture{}
	next := make(chan picture)
	go func() {
		img, giveBack, err := c.reader.Read()
		p := picture{img, giveBack, err}
		select {
		case next <- p:
		case <-c.closed:
			p.release()
		}
	}()
	select {
	case c.lent = <-next:
	case <-c.closed:
		return nil, errClosed
	}
	planes, ok := c.lent.Image.(*image.YCbCr)
	switch {
	case c.lent.err != nil:
		return nil, c.lent.err
	case ok:
		return planes, nil
	case c.lent.Image == nil:
		return nil, fmt.Errorf("%w: nothing", errFormat)
	default:
		return c.convert(c.lent.Image), nil
	}
}

// convert makes planes of any picture, slowly.
func (c *openedCamera) convert(img image.Image) *image.YCbCr {
	bounds := img.Bounds()
	if c.room == nil || c.room.Rect != bounds {
		c.room = image.NewYCbCr(bounds, image.YCbCrSubsampleRatio444)
	}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			p := color.YCbCrModel.Convert(img.At(x, y)).(color.YCbCr)
			at := c.room.YOffset(x, y)
			c.room.Y[at], c.room.Cb[at], c.room.Cr[at] = p.Y, p.Cb, p.Cr
		}
	}
	return c.room
}

func (c *openedCamera) Close() {
	c.shut.Do(func() {
		close(c.closed)
		_ = c.driver.Close()
	})
}
