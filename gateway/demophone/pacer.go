package demophone

import (
	"context"
	"sync"
	"time"
)

// pace is how often the pacer looks for media that is due.
const pace = 5 * time.Millisecond

// pacer sends the media of all calls from one goroutine.
type pacer struct {
	changed chan struct{}

	mu       sync.Mutex // guards sessions
	sessions map[*session]struct{}
}

func newPacer() *pacer {
	return &pacer{changed: make(chan struct{}, 1), sessions: map[*session]struct{}{}}
}

func (p *pacer) add(s *session) {
	p.mu.Lock()
	p.sessions[s] = struct{}{}
	p.mu.Unlock()
	p.wake()
}

func (p *pacer) remove(s *session) {
	p.mu.Lock()
	delete(p.sessions, s)
	p.mu.Unlock()
	p.wake()
}

func (p *pacer) wake() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// run sends until ctx ends. With no calls it sleeps.
func (p *pacer) run(ctx context.Context) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.changed:
			ticker.Reset(pace)
		case now := <-ticker.C:
			if p.play(now) == 0 {
				ticker.Stop()
			}
		}
	}
}

// play sends what is due and returns how many calls there are.
func (p *pacer) play(now time.Time) int {
	p.mu.Lock()
	sessions := make([]*session, 0, len(p.sessions))
	for s := range p.sessions {
		sessions = append(sessions, s)
	}
	p.mu.Unlock()
	for _, s := range sessions {
		s.play(now)
	}
	return len(sessions)
}
