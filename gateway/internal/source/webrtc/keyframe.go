package webrtc

import (
	"sync"
	"time"
)

// When a key picture is asked for, until it comes.
const (
	keySpacing  = 250 * time.Millisecond // between requests that were each fulfilled
	keyPatience = 500 * time.Millisecond // before it is asked for again
	keyRepeats  = 4                      // times that this doubles
)

// keyRequest is the want of a key picture.
type keyRequest struct {
	mu     sync.Mutex // guards what follows
	needed bool
	asked  int       // since it is needed
	next   time.Time // to ask
	last   time.Time // asked
	total  uint64
}

// want notes that a key picture is needed.
func (k *keyRequest) want(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.needed {
		return
	}
	k.needed, k.asked, k.next = true, 0, now
	if earliest := k.last.Add(keySpacing); earliest.After(now) {
		k.next = earliest
	}
}

// got notes that a key picture came.
func (k *keyRequest) got() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.needed = false
}

// due tells whether to ask now, and takes it that this happens.
func (k *keyRequest) due(now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.needed || now.Before(k.next) {
		return false
	}
	k.total++
	k.last, k.next = now, now.Add(keyPatience<<min(k.asked, keyRepeats))
	k.asked++
	return true
}

func (k *keyRequest) count() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.total
}
