package sipua

import (
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// How long what the DNS said counts: at first without asking again, so that all that one call wants to know is asked once; then
// only while the DNS does not answer, which not every call is to wait for (RFC 8767 section 5).
const (
	fresh   = 5 * time.Second
	recheck = 30 * time.Second
	stale   = 24 * time.Hour
)

// question is what the DNS is asked about.
type question struct {
	transport string
	host      string
	port      int
	open      bool // it may name servers
}

// found is what the DNS said to a question.
type found struct {
	records []net.SRV // in the order in which to try them; none if it names no servers
	servers []netip.AddrPort
	at      time.Time
	silent  time.Time // when it was asked in vain
}

func (f found) counts() bool {
	return time.Since(f.at) < fresh || time.Since(f.silent) < recheck
}

// directory remembers what the DNS said.
type directory struct {
	mu    sync.Mutex // guards known
	known map[question]found
}

func newDirectory() *directory { return &directory{known: map[question]found{}} }

func (d *directory) read(q question) found {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.known[q]
	if time.Since(f.at) > stale {
		return found{}
	}
	return f
}

func (d *directory) write(q question, f found) {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.known, func(_ question, f found) bool { return time.Since(f.at) > stale })
	d.known[q] = f
}

// inOrder are the records as they were tried before, if they are the same as then. Chance, which orders them by their weights,
// is to spread the clients over the servers, not one client: where it is registered its calls go too.
func (f found) inOrder(records []net.SRV) []net.SRV {
	if len(records) == len(f.records) && !slices.ContainsFunc(records, func(r net.SRV) bool { return !slices.Contains(f.records, r) }) {
		return f.records
	}
	return records
}
