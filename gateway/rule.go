package gateway

import (
	"fmt"
	"strconv"
	"strings"
)

// The words that the names in an AnswerRule may hold.
const (
	WordCallee = "{callee}"
	WordCaller = "{caller}"
	WordCallID = "{callId}"
)

// Validate checks how a call is to be taken.
func (s AnswerSpec) Validate() []*Error {
	var errs []*Error
	if s.Stream != "" {
		errs = appendError(errs, checkID("toStream", s.Stream))
	}
	return appendError(errs, checkRTMP(s.RTMPURL.Reveal(), s.RTMPStream.Reveal()))
}

// Validate checks a rule's fields, one error for each bad one.
func (r AnswerRule) Validate() []*Error {
	var errs []*Error
	errs = appendError(errs, checkPattern("callee", r.Callee))
	errs = appendError(errs, checkPattern("caller", r.Caller))
	errs = appendError(errs, r.checkStream())
	errs = appendError(errs, r.checkPush())
	if r.Maximum < 0 {
		errs = appendError(errs, Invalid(ReasonChoice, "maximum", strconv.Itoa(r.Maximum), "give how many calls at a time, 1 or more."))
	}
	return errs
}

func (r AnswerRule) checkStream() *Error {
	switch {
	case r.Stream == "":
		return nil
	case unknownWords(r.Stream):
		return Invalid(ReasonCharacters, "toStream", r.Stream, knownWords)
	case r.Maximum > 1 && withoutWords(r.Stream) == r.Stream:
		return Invalid(ReasonChoice, "toStream", r.Stream, severalNames)
	}
	return checkID("toStream", r.Stream)
}

func (r AnswerRule) checkPush() *Error {
	name := r.RTMPStream.Reveal()
	switch {
	case unknownWords(name):
		return Invalid(ReasonCharacters, "rtmpStream", masked, knownWords)
	case r.RTMPURL != "" && r.Maximum > 1 && withoutWords(name) == name:
		return Invalid(ReasonChoice, "rtmpStream", masked, severalNames)
	}
	return checkRTMP(r.RTMPURL.Reveal(), name)
}

// What to do about names that cannot be used.
const (
	knownWords   = "of words in braces only {callee}, {caller} and {callId} are known."
	severalNames = "each of several calls needs a name of its own: put {caller} or {callId} in it, or set maximum to 1."
)

func checkPattern(field, pattern string) *Error {
	if err := checkLength(field, pattern, maxName); err != nil {
		return err
	}
	return checkLine(field, pattern)
}

func unknownWords(name string) bool { return strings.ContainsAny(withoutWords(name), "{}") }

func withoutWords(name string) string {
	return strings.NewReplacer(WordCallee, "", WordCaller, "", WordCallID, "").Replace(name)
}

// DefaultID is what a registration is called that has no name of its own.
func (a Account) DefaultID() string { return a.Login + "@" + a.Domain }

// Validate checks the accounts and the rules. The fields of its errors begin with the setting and the number of the
// entry, e.g. sip_accounts[0].sipDomain.
func (c SIPConfig) Validate() []*Error {
	var errs []*Error
	ids := map[string]bool{}
	for i, a := range c.Accounts {
		entry := fmt.Sprintf("sip_accounts[%d].", i)
		errs = append(errs, inEntry(entry, a.Account.Validate())...)
		id := a.ID
		if id == "" {
			id = a.Account.DefaultID()
		}
		if ids[id] {
			errs = append(errs, Invalid(ReasonRegistrationExists, entry+"id", id, "another account has this id; give each its own."))
		}
		ids[id] = true
	}
	for i, r := range c.Rules {
		errs = append(errs, inEntry(fmt.Sprintf("answer_rules[%d].", i), r.Validate())...)
	}
	return errs
}

// inEntry names the entry of a list that errors are about.
func inEntry(entry string, errs []*Error) []*Error {
	for _, e := range errs {
		e.Field, e.Message = entry+e.Field, entry+e.Message
	}
	return errs
}

func appendError(errs []*Error, err *Error) []*Error {
	if err == nil {
		return errs
	}
	return append(errs, err)
}

// CleanName is a name in which what names of streams may not hold is replaced by _.
func CleanName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if badInName(r) {
			return '_'
		}
		return r
	}, name)
	return clean[:min(len(clean), maxName)]
}
