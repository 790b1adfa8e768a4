//go:build cgo && !nolibav && !ci

package device

import (
	"image/color"
	"testing"

	"github.com/pion/mediadevices/pkg/driver"
	_ "github.com/pion/mediadevices/pkg/driver/videotest"
	"github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/prop"
	"github.com/stretchr/testify/require"
)

func TestTheFormNearestToWhatIsSent(t *testing.T) {
	form := func(width, height int, fps float32, format frame.Format) prop.Media {
		return prop.Media{Video: prop.Video{Width: width, Height: height, FrameRate: fps, FrameFormat: format}}
	}
	for name, tt := range map[string]struct{ forms []prop.Media }{
		"the size": {[]prop.Media{
			form(640, 360, 30, frame.FormatYUYV), form(1920, 1080, 25, frame.FormatYUYV), form(320, 240, 25, frame.FormatYUYV),
			form(640, 480, 25, frame.FormatYUYV),
		}},
		"better too large than too small": {[]prop.Media{form(1280, 720, 5, frame.FormatMJPEG), form(320, 180, 25, frame.FormatYUYV)}},
		"how many":                        {[]prop.Media{form(640, 480, 30, frame.FormatMJPEG), form(640, 480, 15, frame.FormatYUYV), form(640, 480, 60, frame.FormatYUYV)}},
		"the least work":                  {[]prop.Media{form(640, 480, 30, frame.FormatYUYV), form(640, 480, 30, frame.FormatMJPEG)}},
		"what is said at all":             {[]prop.Media{form(640, 480, 0, frame.FormatYUYV), form(640, 360, 25, frame.FormatZ16)}},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := choose(tt.forms)
			require.True(t, ok)
			require.Equal(t, tt.forms[0], got)
		})
	}
	_, ok := choose([]prop.Media{form(640, 360, 25, frame.FormatZ16)})
	require.False(t, ok)
}

// TestDriverFilms films with mediadevices' own driver for tests: bars, of which the first is white, then yellow. That driver
// does not notice that it is closed while somebody reads.
func TestDriverFilms(t *testing.T) {
	manager := driver.GetManager()
	all := manager.Query(func(d driver.Driver) bool { return d.Info().Label == "VideoTest" })
	require.Len(t, all, 1)
	c, err := film(all[0])
	require.NoError(t, err)
	for range 3 {
		img, err := c.Read()
		require.NoError(t, err)
		bounds := img.Bounds()
		white, yellow := img.YCbCrAt(bounds.Dx()/14, 10), img.YCbCrAt(bounds.Dx()*3/14, 10)
		require.Equal(t, color.YCbCr{Y: 176, Cb: 128, Cr: 128}, white)
		require.Equal(t, color.YCbCr{Y: 157, Cb: 16, Cr: 146}, yellow)
	}
	c.Close()
	c.Close()
	for range 2 {
		_, err = c.Read()
		require.Error(t, err)
	}
}
