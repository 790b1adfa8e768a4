package websdk

import (
	"cmp"

	"callcast/gateway"
)

// callStatus is the data of every message about a call. Clients need the id and the status, not the message's name.
type callStatus struct {
	ID          string             `json:"callId"`
	Status      gateway.CallStatus `json:"status"`
	Incoming    bool               `json:"incoming"`
	Caller      string             `json:"caller"`
	Callee      string             `json:"callee"`
	VisibleName string             `json:"visibleName"`
	HasAudio    bool               `json:"hasAudio"`
	HasVideo    bool               `json:"hasVideo"`
	Provider    string             `json:"mediaProvider"`
	SIPStatus   int                `json:"sipStatus,omitempty"`
	Info        string             `json:"info,omitempty"`
	Custom      map[string]any     `json:"custom,omitempty"`
}

func (c *line) data(status gateway.CallStatus, info string) callStatus {
	return callStatus{
		ID: c.id, Status: status, Incoming: c.call.Incoming, Caller: c.call.Caller, Callee: c.call.Callee,
		VisibleName: cmp.Or(c.call.VisibleName, c.call.Caller), HasAudio: c.call.HasAudio, HasVideo: c.call.HasVideo,
		Provider: webRTC, SIPStatus: c.call.SIPStatus, Info: info, Custom: c.call.Custom,
	}
}

// shown is a status as clients know it, with the name of its message.
func shown(s gateway.CallStatus) (name string, status gateway.CallStatus) {
	switch s {
	case gateway.CallRing, gateway.CallRingMedia, gateway.CallSessionProgress:
		return "ring", s
	case gateway.CallEstablished:
		return "talk", s
	case gateway.CallHold:
		return "hold", s
	default:
		return "notifyTryingResponse", gateway.CallTrying
	}
}

// say tells the present status of a call that goes on. It is called under the lock, as is what follows.
func (b *switchboard) say(c *line) {
	name, status := shown(c.call.Status)
	c.told, c.hold = status, nil
	c.phone.tell(name, c.data(status, ""))
}

// update brings the browser up to date with what the gateway told.
func (b *switchboard) update(c *line) {
	_, status := shown(c.call.Status)
	switch {
	case c.call.Incoming && !c.taking && c.call.Status != gateway.CallRing:
		c.call.Status, c.live = gateway.CallFinish, false // the caller gave up, or somebody else took it
		b.finish(c)
	case !c.open:
	case c.call.Status.Ended():
		c.live = false
		b.finish(c)
	case status == gateway.CallTrying: // was told when it was asked for
	case status != c.told, c.hold != nil && *c.hold == c.call.Held.Local:
		b.say(c)
	}
}

// finish tells the end of a call. Pages wait for FINISH or FAILED; a few clients know what busy means.
func (b *switchboard) finish(c *line) {
	b.drop(c)
	if !c.open {
		return
	}
	if c.transferring {
		c.phone.tell("notifyTransferEvent", transferStatus{c.id, transferOutcome(c.call)})
	}
	status, info := c.call.Status, endingText(c.call.Ending)
	if c.hungUp {
		status, info = gateway.CallFinish, ""
	}
	if status == gateway.CallBusy {
		c.phone.tell("busy", c.data(status, info))
		status = gateway.CallFailed
	}
	if status == gateway.CallFailed {
		info = cmp.Or(info, string(gateway.InfoError))
	}
	c.phone.tell("finish", c.data(status, info))
}

// endingText is what the other side said, or what clients know for it.
func endingText(e gateway.Ending) string {
	switch {
	case e.Text != "":
		return e.Text
	case e.Reason == gateway.EndNoMedia:
		return string(gateway.InfoNoCodecs)
	case e.Reason == gateway.EndNoAnswer, e.Reason == gateway.EndUnreachable:
		return "Failed by request timeout"
	default:
		return ""
	}
}

// fail ends a call that the gateway has refused, or has not.
func (b *switchboard) fail(c *line, info string) {
	if c.over {
		return
	}
	c.open = true // there is nothing to wait for
	c.call.Status, c.call.Ending.Text = gateway.CallFailed, info
	b.finish(c)
}

// retell tells another socket of a call that goes on. It is offered anew: the page may be another, or knows its calls by their
// sessions.
func (b *switchboard) retell(c *line) {
	if c.call.Incoming && !c.taking {
		b.ring(c)
		return
	}
	if c.answer != "" {
		c.phone.tell("setRemoteSDP", c.id, c.answer, true)
		c.answer = ""
	}
	b.say(c)
	if up(c.call.Status) {
		b.bringBack(c)
	}
}

// ring tells a page of a call for it. Clients need the three in this order.
func (b *switchboard) ring(c *line) {
	if !c.open {
		return
	}
	c.told = gateway.CallRing
	c.phone.tell("setRemoteSDP", c.id, c.offer, false)
	c.phone.tell("notifyIncomingCall", c.data(gateway.CallRing, ""))
	c.phone.tell("ring", c.data(gateway.CallRing, ""))
}
