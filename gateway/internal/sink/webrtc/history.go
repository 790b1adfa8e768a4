package webrtc

import (
	"sync"
	"time"

	"github.com/pion/rtp"
)

const (
	remembered  = 512                   // packets of a track that can be sent again
	resendAgain = 20 * time.Millisecond // before that, the first one may still be on its way
)

// history is the last packets of a track. Payloads are not copied: those of units are shared by all viewers.
type history struct {
	mu   sync.Mutex
	ring [remembered]packet
}

type packet struct {
	header  rtp.Header
	payload []byte
	resent  time.Time
}

func (h *history) keep(header rtp.Header, payload []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ring[header.SequenceNumber%remembered] = packet{header: header, payload: payload}
}

// again returns a packet to be sent again, unless it is forgotten or was sent again a moment ago.
func (h *history) again(seq uint16, now time.Time) (rtp.Header, []byte, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := &h.ring[seq%remembered]
	if p.payload == nil || p.header.SequenceNumber != seq || now.Sub(p.resent) < resendAgain {
		return rtp.Header{}, nil, false
	}
	p.resent = now
	return p.header, p.payload, true
}
