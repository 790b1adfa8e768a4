package stream

import (
	"time"

	"callcast/gateway/internal/media"
)

// Bounds of a reader's backlog. A live reader that is this far behind is better served by the present.
const (
	maxUnits   = 1024
	maxBytes   = 16 << 20
	maxBacklog = 4 * time.Second
)

// queue is the backlog of one reader: a ring that holds units between publisher and reader. It is not safe for
// concurrent use; Reader guards it.
type queue struct {
	ring  []*media.Unit
	head  int
	n     int
	bytes int
	past  int // how many at the head were published before the reader came: their age is not held against it
}

func (q *queue) push(u *media.Unit) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.n)%len(q.ring)] = u
	q.n++
	q.bytes += len(u.Payload)
}

func (q *queue) pop() *media.Unit {
	if q.n == 0 {
		return nil
	}
	u := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) % len(q.ring)
	q.n--
	q.bytes -= len(u.Payload)
	q.past = max(0, q.past-1)
	return u
}

// full reports whether one more unit would exceed a bound.
func (q *queue) full(u *media.Unit) bool {
	if q.n >= maxUnits || q.n > 0 && q.bytes+len(u.Payload) > maxBytes {
		return true
	}
	return q.n > q.past && u.PTS-q.ring[(q.head+q.past)%len(q.ring)].PTS > maxBacklog
}

// clear empties the queue and returns how many units went.
func (q *queue) clear() int {
	dropped := q.n
	clear(q.ring)
	q.head, q.n, q.bytes, q.past = 0, 0, 0, 0
	return dropped
}

func (q *queue) grow() {
	bigger := make([]*media.Unit, max(16, 2*len(q.ring)))
	for i := range q.n {
		bigger[i] = q.ring[(q.head+i)%len(q.ring)]
	}
	q.ring, q.head = bigger, 0
}
