package speex

import "time"

// frame is the length of every frame.
const frame = 20 * time.Millisecond

// Sizes of frames in bits, by their mode (The Speex Codec Manual 1.2, tables 9.2 and 10.1). 0: there is no such mode.
var (
	narrow = [16]int{5, 43, 119, 160, 220, 300, 364, 492, 79}
	wide   = [8]int{4, 36, 112, 192, 352}
)

// Modes that are not a frame of sound.
const (
	modeRequest = 14 // within the stream
	modeUser    = 13
	modeEnd     = 15
	idNarrow    = 4 // bits of the mode in a narrowband frame
	idWide      = 3 // and in a layer above it
)

// Duration is how long a packet sounds, 0 if it is not one. The frames in a packet are not counted anywhere: it ends with
// a mark, or where there is no room for another.
func Duration(packet []byte) time.Duration {
	r := reader{packet: packet}
	n := 0
	for r.left() >= 1+idNarrow {
		size, ok := r.next()
		if !ok {
			break
		}
		if size == 0 || size > r.left() {
			return 0
		}
		r.at += size
		n++
		for r.left() > idWide && r.bits(0, 1) == 1 { // layers of a wider band
			size := wide[r.bits(1, idWide)]
			if size == 0 || size > r.left() {
				return 0
			}
			r.at += size
		}
	}
	return time.Duration(n) * frame
}

// reader goes over a packet bit by bit.
type reader struct {
	packet []byte
	at     int
}

func (r *reader) left() int { return 8*len(r.packet) - r.at }

// bits reads n of them, some way on.
func (r *reader) bits(skip, n int) (v int) {
	for i := r.at + skip; i < r.at+skip+n; i++ {
		v = v<<1 | int(r.packet[i/8]>>(7-i%8)&1)
	}
	return v
}

// next is the size of the frame that begins here. It is not ok at the end.
func (r *reader) next() (size int, ok bool) {
	for r.left() >= 1+idNarrow {
		switch mode := r.bits(1, idNarrow); mode {
		case modeEnd:
			return 0, false
		case modeRequest, modeUser:
			if !r.skip(mode) {
				return 0, false
			}
		default:
			return narrow[mode], true
		}
	}
	return 0, false
}

// skip passes over a message within the stream, whose length its number or itself tells.
func (r *reader) skip(mode int) bool {
	const head, number, pad = 1 + idNarrow, 4, 5
	if r.left() < head+number {
		return false
	}
	n := r.bits(head, number)
	size := head + number + pad + 8*n
	if mode == modeRequest {
		size = head + number + requestBits(n)
	}
	if size > r.left() {
		return false
	}
	r.at += size
	return true
}

// requestBits is the length of what follows the number of a message within the stream.
func requestBits(number int) int {
	switch {
	case number < 2:
		return 1
	case number < 8:
		return 4
	case number < 10:
		return 8
	case number < 12:
		return 16
	case number < 14:
		return 32
	default:
		return 64
	}
}
