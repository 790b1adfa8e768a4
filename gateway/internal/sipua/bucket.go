package sipua

import (
	"sync"
	"time"
)

// How many requests of strangers are answered: a second, and at once after a pause.
const (
	strangerRate  = 20
	strangerBurst = 40
)

// bucket is a token bucket.
type bucket struct {
	rate  float64 // tokens a second
	burst float64

	mu     sync.Mutex // guards tokens and filled
	tokens float64
	filled time.Time
}

func newBucket(rate, burst float64) *bucket {
	return &bucket{rate: rate, burst: burst, tokens: burst, filled: time.Now()}
}

func (b *bucket) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.filled).Seconds())
	b.filled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
