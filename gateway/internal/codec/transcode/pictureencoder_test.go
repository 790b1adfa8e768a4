//go:build cgo && !nolibav

package transcode

import (
	"image"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

// drawn is a grey picture with a white bar from left on.
func drawn(width, height, left int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	img := image.NewYCbCr(image.Rect(0, 0, width, height), ratio)
	for i := range img.Y {
		img.Y[i] = 60
		if x := i % img.YStride; x >= left && x < left+width/8 {
			img.Y[i] = 230
		}
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 128, 128
	}
	return img
}

func TestPicturesAreEncodedAndScaled(t *testing.T) {
	for name, tt := range map[string]struct {
		width, height int
		ratio         image.YCbCrSubsampleRatio
		want          image.Point
	}{
		"as they come":  {640, 360, image.YCbCrSubsampleRatio420, image.Pt(640, 360)},
		"four to three": {640, 480, image.YCbCrSubsampleRatio422, image.Pt(480, 360)},
		"large":         {1280, 720, image.YCbCrSubsampleRatio444, image.Pt(640, 360)},
		"odd and small": {161, 121, image.YCbCrSubsampleRatio420, image.Pt(160, 120)},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := NewPictureEncoder(640, 360)
			require.NoError(t, err)
			defer e.Close()
			var units []*media.Unit
			for i := range 60 {
				if i == 10 {
					e.RequestKeyframe()
				}
				u, err := e.Encode(drawn(tt.width, tt.height, i*tt.width/80, tt.ratio), time.Duration(i)*40*time.Millisecond)
				require.NoError(t, err)
				require.NotNil(t, u, "no picture is held back")
				require.Equal(t, i == 0 || i == 10, u.Key, i)
				requireWellFormed(t, u)
				units = append(units, u)
			}
			show(t, units, func(i int, img *image.RGBA) {
				require.Equal(t, tt.want, img.Bounds().Size())
				left := i * tt.want.X / 80
				require.Greater(t, img.RGBAAt(left+tt.want.X/16, tt.want.Y/2).G, uint8(190), "bar in picture %d", i)
				require.Less(t, img.RGBAAt((left+tt.want.X/2)%tt.want.X, tt.want.Y/2).G, uint8(90), "no bar in picture %d", i)
			})
		})
	}
}

func TestPicturesThatCannotBe(t *testing.T) {
	e, err := NewPictureEncoder(640, 360)
	require.NoError(t, err)
	defer e.Close()
	short := drawn(64, 64, 0, image.YCbCrSubsampleRatio420)
	short.Cr = short.Cr[:len(short.Cr)-1]
	for _, img := range []*image.YCbCr{
		{}, drawn(8, 8, 0, image.YCbCrSubsampleRatio420), drawn(64, 64, 0, image.YCbCrSubsampleRatio410), short,
	} {
		_, err := e.Encode(img, 0)
		require.Error(t, err)
	}
}
