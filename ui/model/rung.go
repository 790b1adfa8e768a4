package model

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
)

// RungWords is a message in few words: its method, or its status and reason, and that it brings media.
func RungWords(m gateway.SIPMessage) string {
	words := m.Start
	if answer, ok := strings.CutPrefix(m.Start, "SIP/2.0 "); ok {
		words = answer
	} else if method, _, ok := strings.Cut(m.Start, " "); ok {
		words = method
	}
	words = Printable(words)
	if m.SDP != "" {
		words += " (SDP)"
	}
	if m.Repeats > 0 {
		words += " · " + lang.N("repeated {{.N}} times", m.Repeats, map[string]any{"N": m.Repeats})
	}
	return words
}

// RungTone is how a message bodes: refusals are bad but for those that only ask for a password.
func RungTone(m gateway.SIPMessage) Tone {
	status := statusOf(m)
	switch {
	case status == 401 || status == 407 || m.Repeats > 0:
		return ToneWaiting
	case status >= 400, strings.HasPrefix(m.Start, "CANCEL "):
		return ToneBad
	case status >= 200 && status < 300:
		return ToneGood
	default:
		return ToneIdle
	}
}

// statusOf is the status of an answer, 0 of a request.
func statusOf(m gateway.SIPMessage) int {
	fields := strings.Fields(m.Start)
	if len(fields) < 2 || fields[0] != "SIP/2.0" {
		return 0
	}
	status, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return status
}

// RungOffset is when a message passed, counted from the first one.
func RungOffset(l gateway.Ladder, message int) string {
	offset := l.Messages[message].At.Sub(l.Messages[0].At)
	return lang.L("+{{.N}} ms", map[string]any{"N": offset.Milliseconds()})
}

// LadderText is a whole ladder as text, for whoever is asked for help.
func LadderText(l gateway.Ladder) string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "Call-ID %s\n", Printable(l.CallID))
	if l.Dropped > 0 {
		_, _ = fmt.Fprintf(&b, "%d older messages were not kept\n", l.Dropped)
	}
	for i, m := range l.Messages {
		arrow := "<-"
		if m.Sent {
			arrow = "->"
		}
		_, _ = fmt.Fprintf(&b, "\n%s %s (%s) %s %s", m.At.UTC().Format(time.RFC3339Nano), RungOffset(l, i), m.Transport, arrow, m.Remote)
		if m.Repeats > 0 {
			_, _ = fmt.Fprintf(&b, ", repeated %d times", m.Repeats)
		}
		_, _ = fmt.Fprintf(&b, "\n\n%s\n", strings.TrimRight(Printable(m.Text), "\n"))
	}
	return b.String()
}

// Printable is what a stranger sent without what would upset a screen: control characters but for line breaks and tabs.
func Printable(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == '\u202e' {
			return '·'
		}
		return r
	}, strings.ToValidUTF8(text, "·"))
}
