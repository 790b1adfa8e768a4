package window

import (
	"image"
	"image/color"
)

// Colours of the console's theme.
var (
	primary = color.RGBA{0x3d, 0x8b, 0xfd, 0xff} // the Call button
	good    = color.RGBA{0x2f, 0xb3, 0x63, 0xff}
	bad     = color.RGBA{0xf0, 0x5b, 0x5b, 0xff}
	bright  = color.RGBA{0xe4, 0xe8, 0xed, 0xff} // words and icons
	screen  = color.RGBA{0x05, 0x06, 0x07, 0xff} // around the picture
)

// shot is a screenshot. Things are found on it by their colour, so that a test does not hold the window's measures.
type shot struct{ image.Image }

func (s shot) is(x, y int, c color.RGBA) bool {
	r, g, b, _ := s.At(x, y).RGBA()
	return uint8(r>>8) == c.R && uint8(g>>8) == c.G && uint8(b>>8) == c.B
}

// run is the longest horizontal line of a colour, the lowest if there are several: in a button, its lower edge.
func (s shot) run(c color.RGBA) image.Rectangle {
	var longest image.Rectangle
	bounds := s.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		from := bounds.Min.X
		for x := bounds.Min.X; x <= bounds.Max.X; x++ {
			if x < bounds.Max.X && s.is(x, y, c) {
				continue
			}
			if x > from && x-from >= longest.Dx() {
				longest = image.Rect(from, y, x, y+1)
			}
			from = x + 1
		}
	}
	return longest
}

// count is how many pixels of a part of the picture have a colour.
func (s shot) count(part image.Rectangle, c color.RGBA) int {
	n := 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if s.is(x, y, c) {
				n++
			}
		}
	}
	return n
}

// preview is where the console shows pictures, what surrounds them included.
func (s shot) preview() image.Rectangle { return s.extent(s.Bounds(), screen) }

// bell is what silences the ringing, the one bright thing in the status bar.
func (s shot) bell() image.Rectangle {
	b := s.Bounds()
	return s.extent(image.Rect(b.Min.X, b.Max.Y-40, b.Max.X, b.Max.Y), bright)
}

// extent is how far a colour reaches in a part of the picture.
func (s shot) extent(part image.Rectangle, c color.RGBA) image.Rectangle {
	var all image.Rectangle
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if s.is(x, y, c) {
				all = all.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return all
}

// level is how high the meter stands, which is right beside the preview.
func (s shot) level() int {
	p := s.preview()
	return s.count(image.Rect(p.Max.X, p.Min.Y, p.Max.X+20, p.Max.Y), good)
}

// trouble is how much of the status bar is red.
func (s shot) trouble() int {
	b := s.Bounds()
	return s.count(image.Rect(b.Min.X, b.Max.Y-80, b.Max.X, b.Max.Y), bad)
}

// The upper bar of blocks of the demo phone's clip, see assets/clip/mkclip.sh.
const (
	clipWidth, clipHeight = 640, 360
	blockWidth, barHeight = 40, 24
	counterBits           = 7
)

// frame reads the number of the frame that the preview shows; ok is false if it shows no frame of the clip.
func (s shot) frame() (number int, ok bool) {
	area := s.preview()
	scale := min(float64(area.Dx())/clipWidth, float64(area.Dy())/clipHeight)
	left := float64(area.Min.X+area.Max.X)/2 - scale*clipWidth/2
	top := float64(area.Min.Y+area.Max.Y)/2 - scale*clipHeight/2
	white := func(block int) bool {
		x, y := left+scale*blockWidth*(float64(block)+0.5), top+scale*barHeight/2
		r, _, _, _ := s.At(int(x), int(y)).RGBA()
		return r > 0x8000
	}
	check := 0
	for bit := range counterBits {
		if white(1 + bit) {
			number |= 1 << bit
		}
		if white(1 + counterBits + bit) {
			check |= 1 << bit
		}
	}
	return number, white(0) && !white(15) && (number*45+29)%127 == check
}
