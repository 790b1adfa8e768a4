package content

import (
	"image"
	"image/color"
)

// CounterOf reads the number of a picture of the demo clip, of whatever size. ok is false for a picture that is none of
// the clip's, or damaged.
func CounterOf(picture image.Image) (number int, ok bool) {
	bounds := picture.Bounds()
	grey := make([]byte, width*height)
	for y := range height {
		for x := range width {
			at := picture.At(bounds.Min.X+(2*x+1)*bounds.Dx()/(2*width), bounds.Min.Y+(2*y+1)*bounds.Dy()/(2*height))
			grey[y*width+x] = color.GrayModel.Convert(at).(color.Gray).Y
		}
	}
	return Counter(grey)
}
