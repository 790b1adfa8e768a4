package rtpio

// arenaChunk is a dozen video packets or a hundred of audio. A unit that is kept for long keeps its whole chunk.
const arenaChunk = 16 << 10

// arena gives packets memory of their own, one allocation for many of them.
type arena struct{ free []byte }

func (a *arena) copy(b []byte) []byte {
	if len(b) > arenaChunk/4 {
		return append([]byte(nil), b...)
	}
	if len(b) > len(a.free) {
		a.free = make([]byte, arenaChunk)
	}
	n := copy(a.free, b)
	own := a.free[:n:n]
	a.free = a.free[n:]
	return own
}
