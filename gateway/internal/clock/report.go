package clock

import "time"

const (
	// reportTolerance is how much two reports of a track may differ in what they say about its clock: some senders
	// put the stamp of the last picture beside the time of sending.
	reportTolerance = 100 * time.Millisecond
	// reportLife is how long a report holds if no other follows. The sender's RTP clock may drift off its wall clock
	// by a few milliseconds in it.
	reportLife = time.Minute
	// reportWeight smooths what reports say: a new one counts for one part in reportWeight.
	reportWeight = 4
)

// report is what a track's sender reports say: the sender's wall clock at the track's position zero. One report alone
// is not believed; two in a row that agree are.
type report struct {
	heard   bool
	trusted bool
	origin  time.Duration // as wallClock counts
	at      time.Duration // local time of the latest
}

func (r *report) add(origin, now time.Duration) {
	apart := origin - r.origin
	if !r.heard || apart.Abs() > reportTolerance {
		*r = report{heard: true, origin: origin, at: now}
		return
	}
	r.trusted = true
	r.origin += apart / reportWeight
	r.at = now
}

func (r *report) valid(now time.Duration) bool { return r.trusted && now-r.at < reportLife }
