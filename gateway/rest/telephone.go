package rest

import "callcast/gateway"

// telephone is what WCS does not say of a call and people at a telephone want to know. Every key is always there.
type telephone struct {
	RegistrationID *string  `json:"registrationId"` // that an incoming call came by
	Browser        bool     `json:"browser"`        // a browser talks in it
	Held           held     `json:"held"`
	Muted          bool     `json:"muted"`
	Devices        using    `json:"devices"`
	Digits         string   `json:"digits"`
	Transfer       transfer `json:"transfer"`
	Encrypted      bool     `json:"encrypted"`
	Refused        []line   `json:"refused"`
}

type held struct {
	Local  bool `json:"local"`
	Remote bool `json:"remote"`
}

// using is the devices of this machine that somebody talks with.
type using struct {
	Microphone *string `json:"microphone"`
	Camera     *string `json:"camera"`
	SelfView   *string `json:"selfView"`
}

type transfer struct {
	Target    *string `json:"target"`
	Status    *string `json:"status"` // null while there is none
	SIPStatus int     `json:"sipStatus"`
	Text      *string `json:"text"`
}

// line is a line of a session description that is not used.
type line struct {
	Kind   string   `json:"kind"`
	Reason *string  `json:"reason"`
	Theirs []string `json:"theirs"`
	Ours   []string `json:"ours"`
	Why    string   `json:"why"`
}

func lineOf(l gateway.MediaLine) line {
	return line{
		Kind: l.Kind, Reason: nullable(string(l.Reason)),
		Theirs: append([]string{}, l.Theirs...), Ours: append([]string{}, l.Ours...), Why: l.Why,
	}
}

func telephoneOf(c gateway.Call) telephone {
	t := telephone{
		RegistrationID: nullable(c.Registration),
		Browser:        c.Browser,
		Held:           held(c.Held),
		Muted:          c.Muted,
		Devices: using{
			Microphone: nullable(c.Devices.Microphone), Camera: nullable(c.Devices.Camera), SelfView: nullable(c.Devices.SelfView),
		},
		Digits: c.Digits,
		Transfer: transfer{
			Target: nullable(c.Transfer.Target), Status: nullable(string(c.Transfer.Status)),
			SIPStatus: c.Transfer.SIPStatus, Text: nullable(c.Transfer.Text),
		},
		Encrypted: c.Encrypted,
		Refused:   make([]line, len(c.Refused)),
	}
	for i, l := range c.Refused {
		t.Refused[i] = lineOf(l)
	}
	return t
}
