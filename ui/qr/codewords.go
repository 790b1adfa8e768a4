package qr

// version is what a size of code holds at level M (ISO/IEC 18004, tables 7, 9 and E.1).
type version struct {
	check  int   // codewords of error correction in each block
	short  int   // blocks
	long   int   // blocks that hold one codeword of data more
	data   int   // codewords of data in a short block
	centre []int // rows and columns of the alignment patterns
}

// versions are the sizes known, from version 1 on.
func versions() []version {
	return []version{
		{10, 1, 0, 16, nil},
		{16, 1, 0, 28, []int{6, 18}},
		{26, 1, 0, 44, []int{6, 22}},
		{18, 2, 0, 32, []int{6, 26}},
		{24, 2, 0, 43, []int{6, 30}},
		{16, 4, 0, 27, []int{6, 34}},
		{18, 4, 0, 31, []int{6, 22, 38}},
		{22, 2, 2, 38, []int{6, 24, 42}},
		{22, 3, 2, 36, []int{6, 26, 46}},
		{26, 4, 1, 43, []int{6, 28, 50}},
	}
}

func (v version) capacity() int { return v.short*v.data + v.long*(v.data+1) }

// lengthBits is how many bits tell the length of the text.
func lengthBits(number int) int {
	if number < 10 {
		return 8
	}
	return 16
}

// choose finds the smallest version that holds n bytes; ok is false if none does.
func choose(n int) (number int, v version, ok bool) {
	for i, v := range versions() {
		if (4+lengthBits(i+1)+8*n+7)/8 <= v.capacity() {
			return i + 1, v, true
		}
	}
	return 0, version{}, false
}

// codewords are data and error correction in the order they are drawn.
func codewords(text string, number int, v version) []byte {
	field := newField()
	rest := payload(text, number, v)
	var data, check [][]byte
	for i := range v.short + v.long {
		n := v.data
		if i >= v.short {
			n++
		}
		data = append(data, rest[:n])
		check = append(check, field.check(rest[:n], v.check))
		rest = rest[n:]
	}
	return append(interleave(data), interleave(check)...)
}

// payload is the text in byte mode, filled up to the version's capacity.
func payload(text string, number int, v version) []byte {
	var bits []bool
	put := func(value, n int) {
		for i := n - 1; i >= 0; i-- {
			bits = append(bits, value>>i&1 == 1)
		}
	}
	put(4, 4) // byte mode
	put(len(text), lengthBits(number))
	for _, b := range []byte(text) {
		put(int(b), 8)
	}
	room := 8 * v.capacity()
	put(0, min(4, room-len(bits))) // terminator
	put(0, (8-len(bits)%8)%8)
	for pad := 0xec; len(bits) < room; pad ^= 0xec ^ 0x11 {
		put(pad, 8)
	}
	out := make([]byte, len(bits)/8)
	for i, set := range bits {
		if set {
			out[i/8] |= 0x80 >> (i % 8)
		}
	}
	return out
}

// interleave takes the first of each block, then the second of each, and so on.
func interleave(blocks [][]byte) []byte {
	var out []byte
	for i := range blocks[len(blocks)-1] { // none is longer than the last
		for _, b := range blocks {
			if i < len(b) {
				out = append(out, b[i])
			}
		}
	}
	return out
}
