package rtmp

import "time"

// unwrapper makes 32-bit millisecond timestamps a timeline that begins at the first.
type unwrapper struct {
	began bool
	last  uint32
	ms    int64
}

// at is the place of a timestamp on the timeline. A step is read as the shorter way round.
func (w *unwrapper) at(timestamp uint32) time.Duration {
	if w.began {
		w.ms += int64(int32(timestamp - w.last))
	}
	w.began, w.last = true, timestamp
	return time.Duration(w.ms) * time.Millisecond
}
