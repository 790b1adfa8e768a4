package dtmf

import (
	"slices"
	"time"
)

// Way is how a key was told.
type Way string

// The ways.
const (
	ByEvent Way = "event" // RFC 4733
	BySound Way = "sound"
	ByInfo  Way = "info"
)

// moment is how far apart the tellings of one key may be: an INFO may have come through proxies.
const moment = time.Second

// Once tells a key once that the other side tells in more than one way. Its zero value was told none.
type Once struct{ recent []press }

type press struct {
	key  rune
	at   time.Time
	ways []Way // it was told in
}

// New takes a key that was told in one of the ways, and reports whether it was pressed anew: the same way tells a key once.
func (o *Once) New(key rune, way Way, now time.Time) bool {
	o.recent = slices.DeleteFunc(o.recent, func(p press) bool { return now.Sub(p.at) > moment })
	for i := range o.recent {
		if p := &o.recent[i]; p.key == key && !slices.Contains(p.ways, way) {
			p.ways = append(p.ways, way)
			return false
		}
	}
	o.recent = append(o.recent, press{key, now, []Way{way}})
	return true
}
