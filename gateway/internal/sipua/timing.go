package sipua

import "time"

// timing holds how long the agent waits for others. The retransmission timers of RFC 3261 are sipgo's.
type timing struct {
	dial       time.Duration // a name to resolve and a connection to open
	hangup     time.Duration // a provisional to CANCEL after, the final response to a CANCEL, the answer to a BYE
	linger     time.Duration // a late answer to an INVITE that was given up: 64*T1, RFC 3261 section 9.1
	reinvite   time.Duration // our side to answer a re-INVITE
	ack        time.Duration // the ACK to our 2xx: 64*T1, RFC 3261 section 13.3.1.4
	unregister time.Duration // the registrar, when the gateway stops
	retryMin   time.Duration // first pause after a failed refresh; doubles
	retryMax   time.Duration
}

func defaultTiming() timing {
	return timing{
		dial:       5 * time.Second,
		hangup:     3 * time.Second,
		linger:     32 * time.Second,
		reinvite:   2 * time.Second,
		ack:        32 * time.Second,
		unregister: 2 * time.Second,
		retryMin:   2 * time.Second,
		retryMax:   2 * time.Minute,
	}
}
