package h264

// bitReader reads the fixed and Exp-Golomb codes of a raw byte sequence payload (ISO 14496-10 section 9.1). Past the end
// it reads zeros and remembers that it did, so that callers check once.
type bitReader struct {
	b   []byte
	pos int // in bits
	bad bool
}

func (r *bitReader) bit() uint32 {
	if r.pos >= len(r.b)*8 {
		r.bad = true
		return 0
	}
	v := r.b[r.pos/8] >> (7 - r.pos%8) & 1
	r.pos++
	return uint32(v)
}

func (r *bitReader) flag() bool { return r.bit() == 1 }

func (r *bitReader) bits(n int) uint32 {
	var v uint32
	for range n {
		v = v<<1 | r.bit()
	}
	return v
}

func (r *bitReader) ue() uint32 {
	zeros := 0
	for !r.bad && r.bit() == 0 {
		zeros++
	}
	if zeros > 31 {
		r.bad = true
		return 0
	}
	return 1<<zeros - 1 + r.bits(zeros)
}

func (r *bitReader) se() int32 {
	v := r.ue()
	if v&1 == 1 {
		return int32(v/2) + 1
	}
	return -int32(v / 2)
}

// unescape takes out the emulation prevention bytes (ISO 14496-10 section 7.4.1.1) of at most limit bytes of a NAL unit.
func unescape(dst, nal []byte, limit int) []byte {
	zeros := 0
	for _, c := range nal {
		if len(dst) == limit {
			break
		}
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		if c == 0 {
			zeros++
		} else {
			zeros = 0
		}
		dst = append(dst, c)
	}
	return dst
}
