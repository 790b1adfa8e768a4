package model

import (
	"strings"

	"callcast/gateway"
)

// Exchange is an offer of media and the answer to it.
type Exchange struct {
	Offer, Answer   string // session descriptions; no answer is empty
	OfferSent       bool   // by us
	first, followed int    // the messages it spans: [first, followed)
}

// Exchanges are the offers of a ladder, each with what was answered last.
func Exchanges(l gateway.Ladder) []Exchange {
	var all []Exchange
	open := Exchange{}
	for i, m := range l.Messages {
		if beginsExchange(m) {
			all = appendExchange(all, open, i)
			open = Exchange{first: i}
		}
		switch {
		case m.SDP == "":
		case open.Offer == "":
			open.Offer, open.OfferSent = m.SDP, m.Sent
		case m.Sent != open.OfferSent:
			open.Answer = m.SDP
		}
	}
	return appendExchange(all, open, len(l.Messages))
}

func appendExchange(all []Exchange, e Exchange, end int) []Exchange {
	if e.Offer == "" {
		return all
	}
	e.followed = end
	return append(all, e)
}

func beginsExchange(m gateway.SIPMessage) bool {
	return strings.HasPrefix(m.Start, "INVITE ") || strings.HasPrefix(m.Start, "UPDATE ")
}

// ExchangeOf is the exchange that a message belongs to, or else the last one.
func ExchangeOf(l gateway.Ladder, message int) (Exchange, bool) {
	all := Exchanges(l)
	for _, e := range all {
		if message >= e.first && message < e.followed {
			return e, true
		}
	}
	if len(all) == 0 {
		return Exchange{}, false
	}
	return all[len(all)-1], true
}
