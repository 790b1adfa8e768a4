package app

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	outletRoom = 1024        // texts that wait to be read
	outletTime = time.Second // what they may take to be read at the end
)

// outlet writes to somebody who may have stopped reading: a terminal that was halted, a pipe that nobody empties. Who writes
// does not wait for that; what there is no room for is dropped.
type outlet struct {
	to      io.Writer
	texts   chan []byte
	dropped atomic.Uint64
	done    chan struct{}

	mu     sync.Mutex // guards closed, and is held while texts is written to
	closed bool
}

func newOutlet(to io.Writer) *outlet {
	o := &outlet{to: to, texts: make(chan []byte, outletRoom), done: make(chan struct{})}
	go o.run()
	return o
}

// Write never fails and never waits.
func (o *outlet) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return len(text), nil
	}
	select {
	case o.texts <- bytes.Clone(text):
	default:
		o.dropped.Add(1)
	}
	return len(text), nil
}

func (o *outlet) run() {
	defer close(o.done)
	for text := range o.texts {
		_, _ = o.to.Write(text) // whether it can be seen or not, the program goes on
		if n := o.dropped.Swap(0); n > 0 {
			_, _ = fmt.Fprintf(o.to, "callcast: nobody read what was written here, %d texts are missing\n", n)
		}
	}
}

// Close waits a moment until all has been read.
func (o *outlet) Close() {
	o.mu.Lock()
	if !o.closed {
		close(o.texts)
	}
	o.closed = true
	o.mu.Unlock()
	select {
	case <-o.done:
	case <-time.After(outletTime):
	}
}
