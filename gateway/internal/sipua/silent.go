package sipua

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

// silence is how long a server that did not answer is asked last: each time would cost the caller many seconds. Then the DNS
// is followed again, so that we return to a server that it prefers.
const silence = 5 * time.Minute

// silent remembers which servers did not answer, or did not take a REGISTER.
type silent struct {
	mu    sync.Mutex // guards since
	since map[netip.AddrPort]time.Time
}

func newSilent() *silent { return &silent{since: map[netip.AddrPort]time.Time{}} }

// note takes in whether a server has answered.
func (s *silent) note(server netip.AddrPort, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answered {
		delete(s.since, server)
		return
	}
	now := time.Now()
	for known, since := range s.since {
		if now.Sub(since) > silence {
			delete(s.since, known)
		}
	}
	s.since[server] = now
}

// last puts those that were silent lately behind the others.
func (s *silent) last(servers []netip.AddrPort) []netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := func(server netip.AddrPort) int {
		if since, ok := s.since[server]; ok && time.Since(since) < silence {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(servers, func(a, b netip.AddrPort) int { return order(a) - order(b) })
	return servers
}
