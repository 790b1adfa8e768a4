package qr

// gf256 is the field of 256 elements over x^8+x^4+x^3+x^2+1 that QR codes compute in (ISO/IEC 18004, 7.5.2).
type gf256 struct {
	exp [510]byte // of the generator 2, twice over so that sums of logarithms need no modulo
	log [256]int
}

func newField() *gf256 {
	f := &gf256{}
	x := 1
	for i := range 255 {
		f.exp[i], f.exp[i+255] = byte(x), byte(x)
		f.log[x] = i
		if x <<= 1; x > 255 {
			x ^= 0x11d
		}
	}
	return f
}

func (f *gf256) mul(a, b byte) byte {
	if a == 0 || b == 0 {
		return 0
	}
	return f.exp[f.log[a]+f.log[b]]
}

// check returns the n codewords of error correction for data: the remainder of its division by the generator polynomial.
func (f *gf256) check(data []byte, n int) []byte {
	generator := make([]byte, n) // without its leading 1
	generator[n-1] = 1
	for root := range n {
		for i := range generator {
			generator[i] = f.mul(generator[i], f.exp[root])
			if i+1 < n {
				generator[i] ^= generator[i+1]
			}
		}
	}
	rest := make([]byte, n)
	for _, d := range data {
		lead := d ^ rest[0]
		copy(rest, rest[1:])
		rest[n-1] = 0
		for i, g := range generator {
			rest[i] ^= f.mul(g, lead)
		}
	}
	return rest
}
