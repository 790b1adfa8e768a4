package rtmp

import (
	"time"

	"callcast/gateway/internal/media"
)

// Bounds of what timestamps do while nothing is wrong. The kinds may lie apart by leap, and a sender may be ahead of
// time by as much; the tags of one kind step back by wobble at most.
const (
	leap   = 10 * time.Second
	wobble = 500 * time.Millisecond
)

// timeline is the one that tags' 32-bit milliseconds are put on. It goes forward when the sender's jump: when his
// clock starts late or again, when each kind has a clock of its own, and when another connection goes on.
type timeline struct {
	kinds  [media.Kinds]mark
	latest time.Duration // of all that was put on it
	seen   time.Time     // when that came
}

// mark is where a timestamp stands.
type mark struct {
	known bool
	stamp uint32
	at    time.Duration
}

// place is where another timestamp stands if the clock is the same. A step is read as the shorter way round.
func (m mark) place(stamp uint32) time.Duration {
	return m.at + time.Duration(int32(stamp-m.stamp))*time.Millisecond
}

// resume says that what comes now has timestamps of its own.
func (l *timeline) resume() { l.kinds = [media.Kinds]mark{} }

// at is the place of a timestamp that arrives now.
func (l *timeline) at(kind media.Kind, stamp uint32, now time.Time) time.Duration {
	at := l.find(kind, stamp, now)
	l.kinds[kind] = mark{known: true, stamp: stamp, at: at}
	l.latest, l.seen = max(l.latest, at), now
	return at
}

// find reads a timestamp by the clock of its kind, else by that of the other kind, which keeps both together. What
// makes no sense by either is put where time is now.
func (l *timeline) find(kind media.Kind, stamp uint32, now time.Time) time.Duration {
	own := l.kinds[kind]
	present := l.latest
	if !l.seen.IsZero() {
		present += now.Sub(l.seen)
	}
	for _, m := range []mark{own, l.kinds[1-kind]} {
		at := m.place(stamp)
		back := own.known && at < own.at-wobble
		if m.known && !back && at >= l.latest-leap && at <= present+leap {
			return at
		}
	}
	return present
}
