package sipua

import (
	"math/rand/v2"
	"time"
)

// timing holds how long the agent waits for others. The retransmission timers of RFC 3261 are sipgo's.
type timing struct {
	resolve    time.Duration                   // the DNS to name servers and then their addresses; systems ask a second name server after 5 s
	dial       time.Duration                   // a connection to open
	turn       time.Duration                   // a server to answer at all, if another can be tried
	message    time.Duration                   // a message to arrive on a connection that others opened, once it has begun
	hangup     time.Duration                   // a provisional to CANCEL after, the final response to a CANCEL, the answer to a BYE
	linger     time.Duration                   // a late answer to an INVITE that was given up: 64*T1, RFC 3261 section 9.1
	reinvite   time.Duration                   // our side to answer a re-INVITE
	ack        time.Duration                   // the ACK to our 2xx: 64*T1, RFC 3261 section 13.3.1.4
	crossed    func(caller bool) time.Duration // before trying again what crossed the other side's
	ping       time.Duration                   // between keep-alives on a connection of ours, RFC 5626 section 4.4.1
	pong       time.Duration                   // the answer to one
	ring       time.Duration                   // a call to us to be answered or rejected
	word       time.Duration                   // the other side to tell of a transfer that it agreed to
	unregister time.Duration                   // the registrar, when the gateway stops
	beat       time.Duration                   // between what keeps our UDP port open in a NAT
	refreshMin time.Duration                   // between two REGISTERs that the registrar agreed to, however little it grants
	retryMin   time.Duration                   // first pause after a REGISTER that failed; doubles
	retryMax   time.Duration
}

func defaultTiming() timing {
	return timing{
		resolve:    12 * time.Second,
		dial:       5 * time.Second,
		turn:       8 * time.Second,
		message:    10 * time.Second,
		hangup:     3 * time.Second,
		linger:     32 * time.Second,
		reinvite:   2 * time.Second,
		ack:        32 * time.Second,
		crossed:    crossed,
		ping:       100 * time.Second,
		pong:       10 * time.Second,
		ring:       3 * time.Minute,
		word:       time.Minute,
		unregister: 2 * time.Second,
		beat:       25 * time.Second,
		refreshMin: 5 * time.Second,
		retryMin:   5 * time.Second,
		retryMax:   5 * time.Minute,
	}
}

// crossed is how long to wait after two changes of a session crossed: who placed the call waits longer, so that they
// do not cross again (RFC 3261 section 14.1).
func crossed(caller bool) time.Duration {
	const step = 10 * time.Millisecond
	if caller {
		return time.Duration(210+rand.IntN(191)) * step
	}
	return time.Duration(rand.IntN(201)) * step
}
