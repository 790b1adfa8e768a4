package dtmf

// Receiver hears keys. Its zero value has heard none.
type Receiver struct {
	begun bool
	stamp uint32
	last  event
}

// Push takes the payload and RTP stamp of an event packet and returns the key if it is a new one. A key is told by its
// first packet that arrives: any of the others may be lost, and all repeat its stamp.
func (r *Receiver) Push(payload []byte, stamp uint32) (key rune, ok bool) {
	e, ok := parseEvent(payload)
	if !ok {
		return 0, false
	}
	if r.begun && int32(stamp-r.stamp) <= 0 {
		if stamp == r.stamp {
			r.last = e
		}
		return 0, false
	}
	again := r.begun && r.continues(e, stamp)
	r.begun, r.stamp, r.last = true, stamp, e
	return rune(keys[e.code]), !again
}

// Reset forgets the stamps: another sender follows.
func (r *Receiver) Reset() { *r = Receiver{} }

// continues recognises the next segment of a key held longer than an event can state (RFC 4733 section 2.5.1.3).
func (r *Receiver) continues(e event, stamp uint32) bool {
	return e.code == r.last.code && !r.last.end && stamp == r.stamp+maxEvent
}
