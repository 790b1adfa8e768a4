package rtpio

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"sync"
	"time"
)

// ErrNoPorts is returned when every pair of a pool is in use or resting.
var ErrNoPorts = errors.New("no free RTP ports")

// anyAttempts bounds the search for two neighbours among the ports the system hands out.
const anyAttempts = 64

// Pool hands out pairs of UDP ports. A pair that was closed rests before it is handed out again, so that the media of a
// peer that has not heard of the end of its call does not get into the next one.
type Pool struct {
	host  string
	first int // even; 0 = the system chooses
	pairs int
	rest  time.Duration
	now   func() time.Time

	mu      sync.Mutex // guards the fields below
	closed  bool
	next    int               // index of the pair to try first
	busy    map[int]bool      // by RTP port
	resting map[int]time.Time // until when, by RTP port
}

// NewPool returns a pool of the pairs that lie wholly from lowest to highest, or of any ports if both are 0. It opens nothing.
func NewPool(host string, lowest, highest int, rest time.Duration) *Pool {
	first := lowest + lowest%2
	pairs := 0
	if highest > first {
		pairs = (highest - first + 1) / 2
	}
	return &Pool{
		host: host, first: first, pairs: pairs, rest: rest, now: time.Now,
		busy: map[int]bool{}, resting: map[int]time.Time{},
	}
}

// Open opens a pair of ports. The caller closes it.
func (p *Pool) Open() (*Conn, error) {
	if p.first == 0 {
		return p.openAny()
	}
	failure := ErrNoPorts
	for range p.pairs {
		number, err := p.reserve()
		if err != nil {
			return nil, err
		}
		conn, err := listenPair(p.host, number)
		if err == nil {
			conn.release = func() { p.release(number) }
			return conn, nil
		}
		p.forget(number) // another program has it
		failure = fmt.Errorf("%w: %w", ErrNoPorts, err)
	}
	return nil, failure
}

// Free is how many pairs could be opened now, other programs aside.
func (p *Pool) Free() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.first == 0 {
		return 1 << 15 // the system has them
	}
	free := p.pairs - len(p.busy)
	for _, until := range p.resting {
		if p.now().Before(until) {
			free--
		}
	}
	return free
}

// Close ends the pool: nothing is opened any more. Pairs that are open stay so until they are closed.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
}

func (p *Pool) openAny() (*Conn, error) {
	for range anyAttempts {
		conn, err := listenAny(p.host)
		if errors.Is(err, errNoNeighbour) {
			continue
		}
		if err != nil {
			return nil, err
		}
		number := conn.RTPPort()
		conn.release = func() {}
		err = p.take(number)
		if err == nil {
			conn.release = func() { p.release(number) }
			return conn, nil
		}
		conn.Close()
		if !errors.Is(err, ErrNoPorts) {
			return nil, err
		}
	}
	return nil, ErrNoPorts
}

// reserve picks the pair that has been free for longest.
func (p *Pool) reserve() (number int, err error) {
	for range p.pairs {
		p.mu.Lock()
		number = p.first + 2*p.next
		p.next = (p.next + 1) % p.pairs
		p.mu.Unlock()
		if err = p.take(number); !errors.Is(err, ErrNoPorts) {
			return number, err
		}
	}
	return 0, ErrNoPorts
}

// take marks a pair as in use unless it is already or rests.
func (p *Pool) take(number int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return net.ErrClosed
	}
	if p.busy[number] || p.now().Before(p.resting[number]) {
		return ErrNoPorts
	}
	p.busy[number] = true
	return nil
}

func (p *Pool) forget(number int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.busy, number)
}

func (p *Pool) release(number int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	maps.DeleteFunc(p.resting, func(_ int, until time.Time) bool { return !now.Before(until) })
	delete(p.busy, number)
	p.resting[number] = now.Add(p.rest)
}
