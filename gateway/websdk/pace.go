package websdk

import "time"

// pace is a token bucket: so much at once, so much a second afterwards.
type pace struct {
	rate, burst float64
	tokens      float64
	at          time.Time
}

func newPace(rate, burst float64) pace {
	return pace{rate: rate, burst: burst, tokens: burst, at: time.Now()}
}

// spend takes what something costs, and tells how long to wait before going on.
func (p *pace) spend(cost float64, now time.Time) time.Duration {
	p.tokens = min(p.burst, p.tokens+now.Sub(p.at).Seconds()*p.rate) - cost
	p.at = now
	if p.tokens >= 0 {
		return 0
	}
	return time.Duration(-p.tokens / p.rate * float64(time.Second))
}
