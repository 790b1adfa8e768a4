package call

import "callcast/gateway"

// publish tells the call's present value.
func (c *Call) publish() { c.p.Publish(c.snapshot()) }

func (c *Call) snapshot() gateway.Call {
	spec := c.p.Spec
	s := gateway.Call{
		ID:          spec.ID,
		AppKey:      spec.AppKey,
		Custom:      spec.Custom,
		Browser:     c.browser,
		Status:      c.state.status,
		Held:        c.state.held,
		SIPStatus:   c.state.sipStatus,
		Caller:      spec.Account.Login,
		Callee:      spec.Callee,
		VisibleName: spec.VisibleName,
		Stream:      c.publication.Stream,
		RTMPURL:     c.publication.RTMPURL,
		RTMPStream:  c.publication.RTMPStream,
		RTMPTarget:  c.publication.RTMPTarget,
		RTMPStatus:  c.push.Status,
		RTMPProblem: c.push.Problem,
		HasAudio:    spec.HasAudio,
		HasVideo:    spec.HasVideo,
		Injected:    c.injection.Stream,
		Playing:     c.injection.Sound,
		Transfer:    c.state.transfer,
		Muted:       c.muted,
		Devices:     c.inUse(),
		Digits:      c.digits,
		SDP:         c.remoteSDP,
		Ending:      c.state.ending,
		Created:     c.created,
		Established: c.established,
		Ended:       c.ended,
	}
	if in := c.p.Incoming; in != nil {
		s.Incoming, s.Caller, s.Registration = true, c.party(), in.Registration
	} else {
		s.Callee = c.party()
	}
	if c.media != nil {
		s.Audio, s.Video = c.media.Stats()
		s.Encrypted = c.media.Encrypted()
		s.Refused = c.media.Refused()
	}
	return s
}
