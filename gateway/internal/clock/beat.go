package clock

import "time"

// Beat is how long it is from now to the next multiple of a step. What need not happen at once happens on the beat: the
// work of many calls then shares its wake-ups, which cost more than the work.
func Beat(now time.Time, step time.Duration) time.Duration {
	return step - time.Duration(now.UnixNano())%step
}
