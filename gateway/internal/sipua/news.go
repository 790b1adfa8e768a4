package sipua

import (
	"context"
	"sync"
)

// news is how an account stands, for any number of readers. Only the latest counts.
type news struct {
	mu      sync.Mutex // guards what follows
	latest  Standing
	changed chan struct{} // closed with the next change
}

func newNews() *news { return &news{changed: make(chan struct{})} }

func (n *news) post(s Standing) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.latest = s
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *news) read() (Standing, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.latest, n.changed
}

// follow tells how the account stands whenever that changes, until ctx ends or there will be no more news.
func (n *news) follow(ctx context.Context, over <-chan struct{}, told func(Standing)) {
	var known Standing
	for {
		latest, changed := n.read()
		if latest != known {
			known = latest
			told(latest)
		}
		select {
		case <-changed:
		case <-over:
			return
		case <-ctx.Done():
			return
		}
	}
}
