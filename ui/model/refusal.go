package model

import (
	"strings"

	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
)

// Refusal says in plain words why a line of a session description, or codecs of it, are not used. A reason that has no words
// here speaks English.
func Refusal(l gateway.MediaLine) string {
	switch l.Reason {
	case gateway.LineAbsent:
		return lang.L("the answer does not have it")
	case gateway.LineDeclined:
		return lang.L("the other side does not want it (port 0)")
	case gateway.LineKind:
		return lang.L("neither sound nor picture: not supported")
	case gateway.LineSecond:
		return lang.L("a second one of its kind is not supported")
	case gateway.LineNoPort:
		return lang.L("it was not asked for here")
	case gateway.LineTransport:
		return lang.L("the transport {{.Theirs}} is not supported; RTP/AVP and RTP/SAVP are", sides(l))
	default:
		return codecRefusal(l)
	}
}

func codecRefusal(l gateway.MediaLine) string {
	switch l.Reason {
	case gateway.LineNoCodecs:
		return lang.L("the list of codecs has none for it; add one in the account or the configuration")
	case gateway.LineUnmatched:
		return lang.L("no codec in common: the other side has {{.Theirs}}, the list here {{.Ours}}", sides(l))
	case gateway.LineNotTaken:
		return lang.L("{{.Ours}}: not taken by the other side", sides(l))
	case gateway.LineNotListed:
		return lang.L("{{.Theirs}}: not in the list of codecs", sides(l))
	default:
		return secrecyRefusal(l)
	}
}

func secrecyRefusal(l gateway.MediaLine) string {
	switch l.Reason {
	case gateway.LineClear:
		return lang.L("the other side does not encrypt, and the account requires SRTP; make it optional, or have the other side encrypt")
	case gateway.LineSecret:
		return lang.L("the other side wants encryption, and the account never uses SRTP; make it optional or required")
	case gateway.LineNoKey:
		return lang.L("the other side wants encryption and names no key (a=crypto); keys by DTLS are not supported in SIP calls")
	case gateway.LineBadKeys:
		return lang.L("none of the other side's keys (a=crypto) can be used; they are to be of {{.Ours}}, one at a time and without MKI", sides(l))
	default:
		return addressRefusal(l)
	}
}

func addressRefusal(l gateway.MediaLine) string {
	switch l.Reason {
	case gateway.LineNoAddress:
		return lang.L("the other side does not say where it receives (c=)")
	case gateway.LineBadAddress:
		return lang.L("the other side receives at {{.Theirs}}, which is not an IP address", sides(l))
	case gateway.LineMulticast:
		return lang.L("the other side receives at the multicast address {{.Theirs}}, which is not supported", sides(l))
	case gateway.LineFamily:
		return lang.L("IP versions differ: it receives at {{.Theirs}}, we at {{.Ours}}; change sip_host or the SIP server's address, or its own", sides(l))
	default:
		return l.Why
	}
}

// sides are what a reason speaks of, for its words.
func sides(l gateway.MediaLine) map[string]any {
	return map[string]any{"Theirs": strings.Join(l.Theirs, ", "), "Ours": strings.Join(l.Ours, ", ")}
}

// Refusals are the lines and codecs of a call that are not used, and why.
func Refusals(lines []gateway.MediaLine) []string {
	var all []string
	for _, l := range lines {
		all = append(all, Printable(Kind(l.Kind)+": "+Refusal(l)))
	}
	return all
}

// Kind is the word for a kind of media, as session descriptions name it.
func Kind(kind string) string {
	switch kind {
	case "audio":
		return lang.L("Audio")
	case "video":
		return lang.L("Video")
	default:
		return kind
	}
}
