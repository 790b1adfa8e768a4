package engine

import (
	"cmp"
	"strings"

	"callcast/gateway"
)

// ruleFor is the first rule that takes a call; nil if none does.
func ruleFor(rules []gateway.AnswerRule, callee, caller string) *gateway.AnswerRule {
	for i := range rules {
		if r := &rules[i]; fits(r.Callee, callee) && fits(r.Caller, caller) {
			return r
		}
	}
	return nil
}

// fits reports whether a user is what a pattern says. An empty pattern says nothing.
func fits(pattern, user string) bool {
	return pattern == "" || glob([]rune(pattern), []rune(user))
}

// glob matches * with any run and ? with any one. When what follows a * does not fit, that * takes one more.
func glob(pattern, text []rune) bool {
	star, taken := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, taken = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			taken++
			p, t = star+1, taken
		default:
			return false
		}
	}
	return strings.Trim(string(pattern[p:]), "*") == ""
}

// ruleNames are the names that a rule gives the stream of a call and its publication.
func ruleNames(r gateway.AnswerRule, callee, caller, callID string) (stream, pushed string) {
	words := strings.NewReplacer(
		gateway.WordCallee, nameOf(callee), gateway.WordCaller, nameOf(caller), gateway.WordCallID, nameOf(callID),
	)
	stream = gateway.CleanName(words.Replace(cmp.Or(r.Stream, gateway.WordCallID)))
	return stream, words.Replace(r.RTMPStream.Reveal())
}

// nameOf is a user or an id as part of a name.
func nameOf(user string) string { return cmp.Or(gateway.CleanName(user), "_") }

// takenLocked reports whether a rule has as many calls as it may.
func (c *calls) takenLocked(rule *gateway.AnswerRule) bool {
	if rule == nil {
		return false
	}
	n := 0
	for _, room := range c.byID {
		if room.incoming != nil && room.incoming.rule == rule {
			n++
		}
	}
	return n >= max(rule.Maximum, 1)
}
