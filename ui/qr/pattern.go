package qr

// drawn is an empty code with all that does not depend on the text.
func drawn(number int, v version) *Code {
	size := 17 + 4*number
	c := &Code{size: size, dark: make([]bool, size*size), fixed: make([]bool, size*size)}
	for i := range size {
		c.set(6, i, i%2 == 0)
		c.set(i, 6, i%2 == 0)
	}
	for _, corner := range [][2]int{{3, 3}, {size - 4, 3}, {3, size - 4}} {
		c.square(corner[0], corner[1], 4) // the finder and the light line around it
	}
	last := len(v.centre) - 1
	for i, y := range v.centre {
		for j, x := range v.centre {
			finder := i == 0 && (j == 0 || j == last) || i == last && j == 0
			if !finder {
				c.square(x, y, 2)
			}
		}
	}
	c.drawFormat(0) // so that the data leaves room for it
	if number >= 7 {
		c.drawVersion(number)
	}
	return c
}

// square draws the nested squares of a finder, which reach 4 modules from their middle, or of an alignment pattern,
// which reach 2.
func (c *Code) square(cx, cy, reach int) {
	light := map[int]bool{reach: true, 2: true}
	if reach == 2 {
		light = map[int]bool{1: true}
	}
	for y := max(0, cy-reach); y <= min(c.size-1, cy+reach); y++ {
		for x := max(0, cx-reach); x <= min(c.size-1, cx+reach); x++ {
			c.set(x, y, !light[max(abs(x-cx), abs(y-cy))])
		}
	}
}

// drawFormat draws level M and the mask, twice (ISO/IEC 18004, 7.9).
func (c *Code) drawFormat(mask int) {
	const levelM = 0
	bits := withRemainder(levelM<<3|mask, 10, 0x537) ^ 0x5412
	bit := func(i int) bool { return bits>>i&1 == 1 }
	for i := range 6 {
		c.set(8, i, bit(i))
		c.set(14-9-i, 8, bit(9+i))
	}
	c.set(8, 7, bit(6))
	c.set(8, 8, bit(7))
	c.set(7, 8, bit(8))
	for i := range 8 {
		c.set(c.size-1-i, 8, bit(i))
	}
	for i := 8; i < 15; i++ {
		c.set(8, c.size-15+i, bit(i))
	}
	c.set(8, c.size-8, true)
}

// drawVersion draws the number of the version, twice (ISO/IEC 18004, 7.10).
func (c *Code) drawVersion(number int) {
	bits := withRemainder(number, 12, 0x1f25)
	for i := range 18 {
		near, far := i/3, c.size-11+i%3
		c.set(far, near, bits>>i&1 == 1)
		c.set(near, far, bits>>i&1 == 1)
	}
}

// withRemainder appends to value the n bits of its remainder by a generator polynomial.
func withRemainder(value, n, generator int) int {
	rest := value
	for range n {
		rest = rest<<1 ^ rest>>(n-1)*generator
	}
	return value<<n | rest
}

func abs(n int) int { return max(n, -n) }
