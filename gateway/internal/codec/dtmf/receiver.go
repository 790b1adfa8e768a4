package dtmf

// Receiver hears keys told as events. Its zero value has heard none.
type Receiver struct {
	begun bool
	stamp uint32
	last  event
}

// late is how far behind the latest key a stamp may be and still belong to a packet that comes late, or again. Further
// behind it is that of a new key: the sender began to count anew, or nothing was pressed for half a turn of the clock.
const late = 2 * maxEvent

// Push takes the payload and RTP stamp of an event packet and returns the key if it is a new one. A key is told by its
// first packet that arrives: any of the others may be lost, and all repeat its stamp.
func (r *Receiver) Push(payload []byte, stamp uint32) (key rune, ok bool) {
	e, ok := parseEvent(payload)
	if !ok {
		return 0, false
	}
	if r.begun && r.stamp-stamp <= late {
		if stamp == r.stamp && e.code == r.last.code {
			r.last.end = r.last.end || e.end
			r.last.duration = max(r.last.duration, e.duration)
		}
		return 0, false
	}
	again := r.begun && r.continues(e, stamp)
	r.begun, r.stamp, r.last = true, stamp, e
	return rune(keys[e.code]), !again
}

// continues recognises the next segment of a key held longer than an event can state (RFC 4733 section 2.5.1.3): it begins
// where the last one ended, or could have at most if its last packets were lost. A key pressed again comes after a pause.
func (r *Receiver) continues(e event, stamp uint32) bool {
	after := stamp - r.stamp
	return e.code == r.last.code && !r.last.end && (after == uint32(r.last.duration) || after == maxEvent)
}
