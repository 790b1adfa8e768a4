package playout

import (
	"time"

	"callcast/gateway/internal/clock"
)

const (
	rate = 8000 // of G.711

	// seam is how far a unit may stand from the end of the one before and still follow it: presentation times are
	// rounded, some to milliseconds.
	seam = 5 * rate / 1000

	maxSamples = 4 * rate // that wait; nobody listens when there are more
)

// line is sound that waits: coded samples, numbered by the stream's time.
type line struct {
	chunks []chunk
	begun  bool
	end    int64 // the number after the last sample
	held   int
}

type chunk struct {
	from    int64
	samples []byte
}

func (l *line) clear() { *l = line{} }

// put appends a unit. Samples that are there already are left out.
func (l *line) put(pts time.Duration, samples []byte) {
	from := clock.Ticks(pts, rate)
	if off := from - l.end; l.begun && off >= -seam && off <= seam {
		from = l.end
	}
	if known := l.end - from; l.begun && known > 0 {
		if known >= int64(len(samples)) {
			return
		}
		from, samples = l.end, samples[known:]
	}
	l.begun, l.end = true, from+int64(len(samples))
	l.chunks = append(l.chunks, chunk{from, samples})
	l.held += len(samples)
	for l.held > maxSamples {
		l.drop()
	}
}

// read copies the samples from a number on into their places in dst, and forgets them and those before. It reports
// whether there were any.
func (l *line) read(dst []byte, from int64) (some bool) {
	end := from + int64(len(dst))
	for len(l.chunks) > 0 && l.chunks[0].from < end {
		c := &l.chunks[0]
		past, last := max(0, from-c.from), min(end-c.from, int64(len(c.samples)))
		if past < last {
			copy(dst[c.from+past-from:], c.samples[past:last])
			some = true
		}
		if last < int64(len(c.samples)) {
			c.from, c.samples, l.held = c.from+last, c.samples[last:], l.held-int(last)
			break
		}
		l.drop()
	}
	return some
}

// drop forgets the oldest chunk.
func (l *line) drop() {
	l.held -= len(l.chunks[0].samples)
	l.chunks = l.chunks[1:]
}
