package rest

import (
	"time"

	"callcast/gateway"
)

// call is the Call object of WCS, and behind it what WCS does not say. Every key is always there; those that have no meaning
// for a call started by the server have the value WCS gives them.
type call struct {
	Custom           map[string]any `json:"custom"`
	NodeID           *string        `json:"nodeId"`
	AppKey           *string        `json:"appKey"`
	SessionID        *string        `json:"sessionId"`
	CallID           string         `json:"callId"`
	ParentCallID     *string        `json:"parentCallId"`
	Incoming         bool           `json:"incoming"`
	Status           string         `json:"status"`
	SIPStatus        int            `json:"sipStatus"`
	RTMPURL          *string        `json:"rtmpUrl"`
	RTMPStream       *string        `json:"rtmpStream"`
	StreamName       *string        `json:"streamName"`
	RTMPStreamStatus *string        `json:"rtmpStreamStatus"`
	Caller           string         `json:"caller"`
	Callee           string         `json:"callee"`
	HasAudio         bool           `json:"hasAudio"`
	HasVideo         bool           `json:"hasVideo"`
	SDP              *string        `json:"sdp"`
	VisibleName      string         `json:"visibleName"`
	InviteParameters *string        `json:"inviteParameters"`
	MediaProvider    string         `json:"mediaProvider"`
	SIPMessageRaw    *string        `json:"sipMessageRaw"`
	IsMSRP           bool           `json:"isMsrp"`
	Target           *string        `json:"target"`
	HoldForTransfer  bool           `json:"holdForTransfer"`
	telephone
}

func callOf(c gateway.Call) call {
	return call{
		Custom:           orEmpty(c.Custom),
		AppKey:           nullable(c.AppKey),
		CallID:           c.ID,
		Incoming:         c.Incoming,
		Status:           string(c.Status),
		SIPStatus:        c.SIPStatus,
		RTMPURL:          nullable(c.RTMPURL.Reveal()),
		RTMPStream:       nullable(c.RTMPStream.Reveal()),
		StreamName:       nullable(c.Stream),
		RTMPStreamStatus: nullable(string(c.RTMPStatus)),
		Caller:           c.Caller,
		Callee:           c.Callee,
		HasAudio:         c.HasAudio,
		HasVideo:         c.HasVideo,
		SDP:              nullable(c.SDP),
		VisibleName:      orElse(c.VisibleName, c.Caller),
		MediaProvider:    "Flash",
		telephone:        telephoneOf(c),
	}
}

// liveCall is a call as event streams tell it: the Call object and what WCS does not say.
type liveCall struct {
	call
	RTMPProblem   *string    `json:"rtmpProblem"`
	Injected      *string    `json:"injected"` // the stream that the remote party is sent
	Playing       *string    `json:"playing"`  // the sound file that it is
	EndReason     *string    `json:"endReason"`
	EndText       *string    `json:"endText"`
	CreatedAt     *time.Time `json:"createdAt"`
	EstablishedAt *time.Time `json:"establishedAt"`
	EndedAt       *time.Time `json:"endedAt"`
	Audio         media      `json:"audio"`
	Video         media      `json:"video"`
}

// liveCallOf keeps the key and what else is secret of the push to itself, unlike WCS's own object.
func liveCallOf(c gateway.Call) *liveCall {
	shown := callOf(c)
	shown.RTMPURL, shown.RTMPStream = nullable(c.RTMPTarget), nullable(c.RTMPStream.String())
	return &liveCall{
		call:          shown,
		RTMPProblem:   nullable(c.RTMPProblem),
		Injected:      nullable(c.Injected),
		Playing:       nullable(c.Playing),
		EndReason:     nullable(string(c.Ending.Reason)),
		EndText:       nullable(c.Ending.Text),
		CreatedAt:     moment(c.Created),
		EstablishedAt: moment(c.Established),
		EndedAt:       moment(c.Ended),
		Audio:         mediaOf(c.Audio),
		Video:         mediaOf(c.Video),
	}
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
