package webrtc

import (
	"sync"
	"time"

	"callcast/gateway"
)

// tally counts what happens on one track.
type tally struct {
	mu                       sync.Mutex
	bytes                    uint64
	nacks, resent, keysAsked uint64
	loss                     float64
	rtt                      time.Duration
}

func (t *tally) sent(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes += uint64(n)
}

func (t *tally) missed(sentAgain bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.nacks++
	if sentAgain {
		t.resent++
	}
}

func (t *tally) keyRequested() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keysAsked++
}

func (t *tally) reported(loss float64, rtt time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.loss = loss
	if rtt > 0 {
		t.rtt = rtt
	}
}

// addTo adds the track's figures to those of its viewer and returns the bytes sent.
func (t *tally) addTo(v *gateway.ViewerStats) (bytes uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v.NACKs += t.nacks
	v.Resent += t.resent
	v.KeyRequests += t.keysAsked
	v.LossPercent = max(v.LossPercent, 100*t.loss)
	v.RTTMS = max(v.RTTMS, t.rtt.Seconds()*1e3)
	return t.bytes
}
