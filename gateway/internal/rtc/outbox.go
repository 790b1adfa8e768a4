package rtc

import (
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// sendTime is how long a batch may wait for the system. Then what is left of it is dropped, so that nobody waits for
// ever for a device that has stopped.
const sendTime = time.Second

// outbox is the UDP port with packets leaving many at a time: what all browsers are sent at one moment costs a few
// calls of the system, and what one of them is sent in a row passes through its layers as a single piece.
type outbox struct {
	*net.UDPConn
	unsent atomic.Uint64 // packets that the system refused
	wake   chan struct{} // there is something to send
	done   chan struct{}

	mu      sync.Mutex // guards what follows
	room    sync.Cond  // there is room again
	waiting batch
	closed  bool
}

// newOutbox takes a port over. Close ends its goroutine.
func newOutbox(conn *net.UDPConn) *outbox {
	o := &outbox{UDPConn: conn, wake: make(chan struct{}, 1), done: make(chan struct{})}
	o.room.L = &o.mu
	go o.run()
	return o
}

// WriteToAddrPort puts a packet into the box, and waits while the box is full. Whether the packet could be sent it does not
// say: a packet that is sent may be lost as well.
func (o *outbox) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if len(b) == 0 {
		return 0, nil // nobody here has use for it
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.waiting.full() && !o.closed {
		o.room.Wait()
	}
	if o.closed {
		return 0, net.ErrClosed
	}
	if o.waiting.empty() {
		o.signal()
	}
	o.waiting.add(b, to)
	return len(b), nil
}

// WriteTo is WriteToAddrPort for those who do not know it.
func (o *outbox) WriteTo(b []byte, to net.Addr) (int, error) {
	address, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError(to.String())
	}
	return o.WriteToAddrPort(b, address.AddrPort())
}

// SetWriteDeadline does nothing. With it ice hurries what it sends to a browser that leaves, at the cost of the others.
func (o *outbox) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets the half of it that concerns reading.
func (o *outbox) SetDeadline(t time.Time) error { return o.SetReadDeadline(t) }

// Close sends what is in the box and closes the port.
func (o *outbox) Close() error {
	o.mu.Lock()
	o.closed = true
	o.room.Broadcast()
	o.signal()
	o.mu.Unlock()
	<-o.done
	return o.UDPConn.Close()
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run sends what comes until the box is closed and empty.
func (o *outbox) run() {
	defer close(o.done)
	post := newPostman(o.UDPConn)
	var leaving batch
	for range o.wake {
		runtime.Gosched() // others are about to add to the burst
		for more := true; more; {
			var closed bool
			leaving, closed = o.take(leaving)
			if more = !leaving.empty(); more {
				_ = o.UDPConn.SetWriteDeadline(time.Now().Add(sendTime))
				o.unsent.Add(uint64(post.send(&leaving)))
			} else if closed {
				return
			}
		}
	}
}

// take empties the box into a batch that has been sent.
func (o *outbox) take(sent batch) (batch, bool) {
	sent.clear()
	o.mu.Lock()
	defer o.mu.Unlock()
	full := o.waiting
	o.waiting = sent
	o.room.Broadcast()
	return full, o.closed
}
