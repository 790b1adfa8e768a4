package websdk

import "sync"

// What may wait for a browser to read it. More than that waits only for one that does not read.
const (
	maxQueued      = 512
	maxQueuedBytes = 1 << 20
)

// outbox is what a socket has still to write.
type outbox struct {
	wake chan struct{} // holds one token while there may be something to write

	mu     sync.Mutex // guards what follows
	frames [][]byte
	bytes  int
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

// put queues a frame, unless that would fill more than the given part of the room.
func (o *outbox) put(frame []byte, part float64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if float64(len(o.frames)+1) > part*maxQueued || float64(o.bytes+len(frame)) > part*maxQueuedBytes {
		return false
	}
	o.frames = append(o.frames, frame)
	o.bytes += len(frame)
	select {
	case o.wake <- struct{}{}:
	default:
	}
	return true
}

// take empties the queue.
func (o *outbox) take() [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	frames := o.frames
	o.frames, o.bytes = nil, 0
	return frames
}
