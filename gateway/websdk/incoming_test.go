package websdk

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func incomingCall(id, registration string) gateway.Call {
	return gateway.Call{
		ID: id, Incoming: true, Registration: registration, Status: gateway.CallRing, Caller: "2000", Callee: "1000",
		VisibleName: "Bob", HasAudio: true, Created: time.Now(),
	}
}

// expectRing checks that a page is offered a call, in the one order that clients understand.
func (p *page) expectRing(id string) {
	p.t.Helper()
	p.expect("setRemoteSDP", `["`+id+`","v=0\r\n",false]`)
	p.expect("notifyIncomingCall", `[{"callId":"`+id+`","incoming":true,"status":"RING","caller":"2000","callee":"1000","visibleName":"Bob",
		"hasAudio":true,"hasVideo":false,"mediaProvider":"WebRTC"}]`)
	p.expectCall("ring", id, gateway.CallRing, "")
}

func TestIncomingCall(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p, r, _ := registered(t, fake, addr, "")
	stranger := phoned(t, addr)
	fake.SetCall(incomingCall("in-7", r.ID))
	p.expectRing("in-7")
	change(fake, "in-7", func(c *gateway.Call) { c.SIPStatus = 180 })
	p.expectNothing() // once
	stranger.say(`{"message":"answer","data":[{"callId":"in-7","sdp":"v=0 answer"}]}`)
	name, _ := stranger.hear()
	require.Equal(t, "fail", name)
	stranger.say(about("hangup", "in-7"))
	stranger.expectCall("finish", "in-7", gateway.CallFinish, "")
	require.Empty(t, fake.Ended())

	p.say(about("answer", "in-7"))
	p.expect("fail", `[{"apiMethod":"answer","id":"in-7","status":"FAILED","info":"sdp is missing: give the browser's answer"}]`)
	p.say(`{"message":"answer","data":[{"callId":"in-7","sdp":"` + strings.Repeat("v", maxOffer+1) + `"}]}`)
	p.expect("fail", `[{"apiMethod":"answer","id":"in-7","status":"FAILED","info":"sdp is longer than 64 KiB"}]`)
	p.say(`{"message":"answer","data":[{"callId":"in-7","incoming":true,"hasVideo":true,"hasAudio":true,"status":"PENDING",
		"mediaProvider":"WebRTC","sdp":"v=0 answer","callee":"1000","localMediaInfo":{}}]}`)
	p.expectCall("talk", "in-7", gateway.CallEstablished, "")
	change(fake, "in-7", func(c *gateway.Call) { c.Status = gateway.CallPending }) // means nothing to clients
	p.expectNothing()
	require.Equal(t, []gateway.AnswerSpec{{CallID: "in-7", SDP: "v=0 answer"}}, fake.Answered())
	p.say(`{"message":"answer","data":[{"callId":"in-7","sdp":"v=0 answer"}]}`)
	p.expect("fail", `[{"apiMethod":"answer","id":"in-7","status":"FAILED","info":"the session has no such call that rings"}]`)
	change(fake, "in-7", func(c *gateway.Call) { c.Status = gateway.CallFinish })
	fake.RemoveCall("in-7")
	p.expectCall("finish", "in-7", gateway.CallFinish, "")
	p.expectNothing()
	stranger.expectNothing()
	require.Empty(t, fake.Ended())
}

func TestIncomingCallIsRejected(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p, r, _ := registered(t, fake, addr, "")
	fake.SetCall(incomingCall("in", r.ID))
	p.expectRing("in")
	p.say(about("hangup", "in"))
	p.expectCall("finish", "in", gateway.CallFinish, "")
	p.expectNothing()
	require.Equal(t, []string{"in"}, fake.Ended())
}

// TestIncomingCallGoes: the caller gives up, or somebody at the console takes the call, which then goes on.
func TestIncomingCallGoes(t *testing.T) {
	for _, status := range []gateway.CallStatus{gateway.CallFinish, gateway.CallFailed, gateway.CallEstablished} {
		fake := gatewaytest.New()
		s, addr := serve(t, fake, defaultLimits())
		p, r, _ := registered(t, fake, addr, "")
		fake.SetCall(incomingCall("in", r.ID))
		p.expectRing("in")
		change(fake, "in", func(c *gateway.Call) { c.Status = status })
		p.expectCall("finish", "in", gateway.CallFinish, "")
		p.say(`{"message":"answer","data":[{"callId":"in","sdp":"v=0"}]}`)
		p.expect("fail", `[{"apiMethod":"answer","id":"in","status":"FAILED","info":"the session has no such call that rings"}]`)
		p.expectNothing()
		require.NoError(t, p.conn.CloseNow())
		require.Eventually(t, func() bool { return s.sockets() == 0 }, patience, time.Millisecond)
		require.Empty(t, fake.Ended())
	}
}

// TestAnswersRefused: the caller does not wait for a browser that cannot take the call, but whoever else took it keeps it.
func TestAnswersRefused(t *testing.T) {
	for reason, ended := range map[string][]string{gateway.ReasonSDP: {"in"}, gateway.ReasonNotRinging: nil} {
		fake := gatewaytest.New()
		s, addr := serve(t, fake, defaultLimits())
		p, r, _ := registered(t, fake, addr, "")
		fake.SetCall(incomingCall("in", r.ID))
		p.expectRing("in")
		fake.RefuseFunc = func(verb string) error {
			if verb == "AnswerCall" {
				return &gateway.Error{Reason: reason, Message: "no"}
			}
			return nil
		}
		p.say(`{"message":"answer","data":[{"callId":"in","sdp":"v=0"}]}`)
		p.expectCall("finish", "in", gateway.CallFailed, "no")
		p.expectNothing()
		require.NoError(t, p.conn.CloseNow())
		require.Eventually(t, func() bool { return s.sockets() == 0 }, patience, time.Millisecond)
		require.Equal(t, ended, fake.Ended())
	}
}

// TestCallThatCannotBeOffered rings on elsewhere.
func TestCallThatCannotBeOffered(t *testing.T) {
	fake := gatewaytest.New()
	offered := make(chan struct{}, 10)
	fake.RefuseFunc = func(verb string) error {
		if verb != "OfferCall" {
			return nil
		}
		offered <- struct{}{}
		return &gateway.Error{Reason: gateway.ReasonNoCodec, Message: "no"}
	}
	_, addr := serve(t, fake, defaultLimits())
	p, r, _ := registered(t, fake, addr, "")
	fake.SetCall(incomingCall("in", r.ID))
	<-offered
	change(fake, "in", func(c *gateway.Call) { c.SIPStatus = 180 })
	change(fake, "in", func(c *gateway.Call) { c.Status = gateway.CallEstablished })
	p.expectNothing()
	require.Empty(t, offered)
	require.Empty(t, fake.Ended())
}

// TestCallsOfOthers ring nowhere here.
func TestCallsOfOthers(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p, r, _ := registered(t, fake, addr, "")
	fake.SetCall(incomingCall("a", ""))
	fake.SetCall(incomingCall("b", "another"))
	outgoing, late := incomingCall("c", r.ID), incomingCall("d", r.ID)
	outgoing.Incoming, late.Status = false, gateway.CallEstablished
	fake.SetCall(outgoing)
	fake.SetCall(late)
	fake.SetCall(incomingCall("e", r.ID))
	p.expectRing("e")
	p.expectNothing()
}
