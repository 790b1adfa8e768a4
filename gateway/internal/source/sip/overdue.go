package sip

import "time"

// overdue watches sound that comes when silence has taken its place already.
type overdue struct {
	since time.Time     // the first packet's arrival; zero while there is none
	late  time.Duration // how far it was behind
}

// forGood takes a packet that is late and reports whether the next ones will be too. A sender, or a network, that only was
// held up makes up for it by sending faster than time passes; one that stood still never does.
func (o *overdue) forGood(arrived time.Time, late time.Duration) bool {
	if o.since.IsZero() {
		*o = overdue{arrived, late}
		return false
	}
	passed := arrived.Sub(o.since)
	if passed < holdback {
		return false
	}
	gained := o.late - late
	*o = overdue{}
	return gained < passed/2
}
