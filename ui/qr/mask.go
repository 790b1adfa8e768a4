package qr

// masks say which modules of the data each mask turns over (ISO/IEC 18004, table 10).
func masks() [8]func(x, y int) bool {
	return [8]func(x, y int) bool{
		func(x, y int) bool { return (x+y)%2 == 0 },
		func(_, y int) bool { return y%2 == 0 },
		func(x, _ int) bool { return x%3 == 0 },
		func(x, y int) bool { return (x+y)%3 == 0 },
		func(x, y int) bool { return (y/2+x/3)%2 == 0 },
		func(x, y int) bool { return x*y%2+x*y%3 == 0 },
		func(x, y int) bool { return (x*y%2+x*y%3)%2 == 0 },
		func(x, y int) bool { return ((x+y)%2+x*y%3)%2 == 0 },
	}
}

func (c *Code) mask(turns func(x, y int) bool) {
	for y := range c.size {
		for x := range c.size {
			if at := y*c.size + x; !c.fixed[at] && turns(x, y) {
				c.dark[at] = !c.dark[at]
			}
		}
	}
}

// penalty says how hard a code is to read (ISO/IEC 18004, 7.8.3.1): long runs, blocks, what looks like a finder, and
// too much of one colour.
func (c *Code) penalty() int {
	sum, dark := 0, 0
	for i := range c.size {
		sum += linePenalty(c.size, func(j int) bool { return c.Dark(j, i) })
		sum += linePenalty(c.size, func(j int) bool { return c.Dark(i, j) })
	}
	for y := range c.size {
		for x := range c.size {
			d := c.Dark(x, y)
			if d {
				dark++
			}
			if x > 0 && y > 0 && d == c.Dark(x-1, y) && d == c.Dark(x, y-1) && d == c.Dark(x-1, y-1) {
				sum += 3
			}
		}
	}
	return sum + abs(dark*100/(c.size*c.size)-50)/5*10
}

func linePenalty(size int, dark func(int) bool) int {
	sum, run, window := 0, 0, 0
	for i := range size {
		if i > 0 && dark(i) == dark(i-1) {
			run++
		} else {
			run = 1
		}
		switch {
		case run == 5:
			sum += 3
		case run > 5:
			sum++
		}
		window = window << 1 & 0x7ff
		if dark(i) {
			window |= 1
		}
		if i >= 10 && (window == 0x5d0 || window == 0x05d) { // 1:1:3:1:1 with four light modules on a side
			sum += 40
		}
	}
	return sum
}
