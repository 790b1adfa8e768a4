package model

import (
	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
)

// Tone is how something fares, for the eye.
type Tone int

// The tones.
const (
	ToneIdle    Tone = iota // nothing going on
	ToneWaiting             // on its way
	ToneGood                // as it should be
	ToneBad                 // somebody must act
)

// Lamp is the one state of a call or stream that an operator reads across the room.
type Lamp struct {
	Tone Tone
	Text string
}

// CallLamp is the lamp of a call.
func CallLamp(c gateway.Call) Lamp {
	if c.Status.Ended() && Missed(c) {
		return Lamp{ToneBad, lang.L("MISSED")}
	}
	switch c.Status {
	case gateway.CallEstablished:
		return airLamp(c.RTMPStatus)
	case gateway.CallHold:
		return Lamp{ToneWaiting, lang.L("ON HOLD")}
	case gateway.CallRing, gateway.CallRingMedia, gateway.CallSessionProgress:
		return Lamp{ToneWaiting, lang.L("RINGING")}
	case gateway.CallBusy:
		return Lamp{ToneBad, lang.L("BUSY")}
	case gateway.CallFailed:
		return Lamp{ToneBad, lang.L("FAILED")}
	case gateway.CallFinish:
		return Lamp{ToneIdle, lang.L("ENDED")}
	default:
		return Lamp{ToneWaiting, lang.L("CALLING")}
	}
}

// airLamp is the lamp of an established call: what matters then is whether its push arrives.
func airLamp(s gateway.RTMPStatus) Lamp {
	switch s {
	case gateway.RTMPActive:
		return Lamp{ToneGood, lang.L("ON AIR")}
	case gateway.RTMPWait:
		return Lamp{ToneWaiting, lang.L("STARTING PUSH")}
	case gateway.RTMPLost:
		return Lamp{ToneBad, lang.L("RECONNECTING")}
	case gateway.RTMPFailed:
		return Lamp{ToneBad, lang.L("NOT ON AIR")}
	default:
		return Lamp{ToneGood, lang.L("CONNECTED")}
	}
}

// StreamLamp is the lamp of a stream that is looked at for itself; pull is what fetches it, if anything.
func StreamLamp(s gateway.Stream, pull *gateway.Pull) Lamp {
	switch {
	case pull != nil && pull.Status == gateway.PullFailed:
		return Lamp{ToneBad, lang.L("REFUSED")}
	case pull != nil && pull.Status == gateway.PullPending:
		return Lamp{ToneWaiting, lang.L("CONNECTING")}
	case s.Live:
		return Lamp{ToneGood, lang.L("LIVE")}
	default:
		return Lamp{ToneWaiting, lang.L("WAITING")}
	}
}

// PushLamp says in a word or two how a push fares; an empty status is no push.
func PushLamp(s gateway.RTMPStatus) Lamp {
	switch s {
	case gateway.RTMPActive:
		return Lamp{ToneGood, lang.L("on air")}
	case gateway.RTMPWait:
		return Lamp{ToneWaiting, lang.L("starting")}
	case gateway.RTMPLost:
		return Lamp{ToneBad, lang.L("reconnecting")}
	case gateway.RTMPFailed:
		return Lamp{ToneBad, lang.L("failed")}
	default:
		return Lamp{}
	}
}

// PushesLamp says in a word how all pushes of a stream fare together: one in trouble is in nobody's shadow.
func PushesLamp(states []gateway.RTMPStatus) Lamp {
	counts := map[Tone]int{}
	for _, s := range states {
		counts[PushLamp(s).Tone]++
	}
	data := map[string]any{"N": len(states), "Bad": counts[ToneBad]}
	switch {
	case len(states) == 0:
		return Lamp{}
	case counts[ToneBad] > 0:
		return Lamp{ToneBad, lang.L("trouble {{.Bad}} of {{.N}}", data)}
	case counts[ToneWaiting] > 0:
		return Lamp{ToneWaiting, lang.L("starting {{.N}}", data)}
	default:
		return Lamp{ToneGood, lang.L("on air {{.N}}", data)}
	}
}

// ViewerLamp says how far a browser has come.
func ViewerLamp(s gateway.ViewerState) Lamp {
	if s == gateway.ViewerPlaying {
		return Lamp{ToneGood, lang.L("playing")}
	}
	return Lamp{ToneWaiting, lang.L("connecting")}
}

// AccountLamp says in a word or two how an account fares.
func AccountLamp(a Account) Lamp {
	switch {
	case a.Registration == nil && a.Problem != nil, a.Registration != nil && a.Registration.Status == gateway.RegistrationFailed:
		return Lamp{ToneBad, lang.L("failed")}
	case a.Registration != nil && a.Registration.Status == gateway.RegistrationUp:
		return Lamp{ToneGood, lang.L("registered")}
	default:
		return Lamp{ToneWaiting, lang.L("trying")}
	}
}
