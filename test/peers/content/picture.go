package content

// What a picture of the demo clip shows, in pixels of the small grey picture: two bars of blocks and a lamp, see
// assets/clip/mkclip.sh.
const (
	block     = width / 16 // a block's width
	topRow    = 3          // the middle of each bar
	bottomRow = height - 3
	bits      = 7
	modulus   = 127 // of the check
	lampX     = 112
	lampY     = 28
	lampSize  = 34
	lampWhite = 200 // mean brightness of the lit lamp
)

// frame is what was read from a picture.
type frame struct {
	foreign bool // not of the clip: its guards are missing
	damaged bool // of the clip, but its bars contradict themselves or it differs from the clip
	counter int
	lamp    bool
}

// readFrame reads a picture. clip is how the pictures should be, by number; without it only the bars are read.
func readFrame(grey []byte, clip []cells) frame {
	top, okTop := readBar(grey, topRow, 45)
	bottom, okBottom := readBar(grey, bottomRow, 83)
	switch {
	case okTop == noGuards && okBottom == noGuards:
		return frame{foreign: true}
	case okTop != readable || okBottom != readable || top != bottom:
		return frame{damaged: true}
	}
	if clip != nil {
		if seen := shrink(grey); top >= len(clip) || !seen.like(&clip[top]) {
			return frame{damaged: true}
		}
	}
	return frame{counter: top, lamp: lit(grey)}
}

type barState int

const (
	readable barState = iota
	noGuards
	contradicts
)

// readBar reads a counter and its check: (counter*k + 29) mod 127.
func readBar(grey []byte, row, k int) (counter int, state barState) {
	white := func(i int) bool { return grey[row*width+i*block+block/2] > 128 }
	if !white(0) || white(15) {
		return 0, noGuards
	}
	check := 0
	for b := range bits {
		if white(1 + b) {
			counter |= 1 << b
		}
		if white(1 + bits + b) {
			check |= 1 << b
		}
	}
	if (counter*k+29)%modulus != check {
		return 0, contradicts
	}
	return counter, readable
}

func lit(grey []byte) bool {
	sum := 0
	for y := lampY; y < lampY+lampSize; y++ {
		for x := lampX; x < lampX+lampSize; x++ {
			sum += int(grey[y*width+x])
		}
	}
	return sum > lampWhite*lampSize*lampSize
}

// Counter reads the number of a picture of the demo clip from its brightness, 160 by 90 pixels. ok is false for a picture that
// is none of the clip's, or damaged.
func Counter(grey []byte) (number int, ok bool) {
	if len(grey) != width*height {
		return 0, false
	}
	top, first := readBar(grey, topRow, 45)
	bottom, second := readBar(grey, bottomRow, 83)
	return top, first == readable && second == readable && top == bottom
}
