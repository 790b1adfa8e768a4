package qr

import "fmt"

// Code is a square of dark and light modules.
type Code struct {
	size  int
	dark  []bool
	fixed []bool // drawn before the data: patterns, format and version
}

// Encode makes the code of a text.
func Encode(text string) (*Code, error) {
	number, v, ok := choose(len(text))
	if !ok {
		return nil, fmt.Errorf("%d bytes are too long for a QR code, 213 is the most", len(text))
	}
	c := drawn(number, v)
	c.fill(codewords(text, number, v))
	best, least := 0, 0
	for mask, turns := range masks() {
		c.mask(turns)
		c.drawFormat(mask)
		if p := c.penalty(); mask == 0 || p < least {
			best, least = mask, p
		}
		c.mask(turns) // a mask undoes itself
	}
	c.mask(masks()[best])
	c.drawFormat(best)
	return c, nil
}

// Size is the number of modules on each side.
func (c *Code) Size() int { return c.size }

// Dark tells the colour of a module; there is none outside.
func (c *Code) Dark(x, y int) bool { return c.dark[y*c.size+x] }

func (c *Code) set(x, y int, dark bool) {
	c.dark[y*c.size+x] = dark
	c.fixed[y*c.size+x] = true
}

// fill draws the codewords in columns two modules wide, from the right, up and down in turns.
func (c *Code) fill(words []byte) {
	bit := 0
	for right := c.size - 1; right > 0; right -= 2 {
		if right == 6 { // the timing pattern has a column of its own
			right = 5
		}
		upward := (right+1)&2 == 0
		for i := range c.size {
			y := i
			if upward {
				y = c.size - 1 - i
			}
			for _, x := range []int{right, right - 1} {
				if at := y*c.size + x; !c.fixed[at] && bit < 8*len(words) {
					c.dark[at] = words[bit/8]>>(7-bit%8)&1 == 1
					bit++
				}
			}
		}
	}
}
