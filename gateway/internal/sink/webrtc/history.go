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
	timestamp   uint32
	seq         uint16
	payloadType uint8
	marker      bool
	payload     []byte
	resent      time.Time
}

func (h *history) keep(header *rtp.Header, payload []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ring[header.SequenceNumber%remembered] = packet{
		timestamp: header.Timestamp, seq: header.SequenceNumber, payloadType: header.PayloadType, marker: header.Marker,
		payload: payload,
	}
}

// again returns a packet to be sent again, unless it is forgotten or was sent again a moment ago.
func (h *history) again(seq uint16, now time.Time) (rtp.Header, []byte, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := &h.ring[seq%remembered]
	if p.payload == nil || p.seq != seq || now.Sub(p.resent) < resendAgain {
		return rtp.Header{}, nil, false
	}
	p.resent = now
	header := rtp.Header{
		Version: 2, Marker: p.marker, PayloadType: p.payloadType, SequenceNumber: p.seq, Timestamp: p.timestamp,
	}
	return header, p.payload, true
}
