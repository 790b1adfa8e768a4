package websdk

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func callMessage(id, callee string) string {
	return `{"message":"call","data":[{"callId":"` + id + `","incoming":false,"hasVideo":false,"hasAudio":true,"status":"PENDING",` +
		`"mediaProvider":"WebRTC","sdp":"v=0 offer","caller":"1000","callee":"` + callee + `","visibleName":"Bob","custom":{"a":1},"localMediaInfo":{}}]}`
}

// about is a message about a call that has but its id.
func about(name, id string) string {
	return `{"message":"` + name + `","data":[{"callId":"` + id + `"}]}`
}

// expectCall checks that the next message is a status of a call, and which.
func (p *page) expectCall(name, id string, status gateway.CallStatus, info string) {
	p.t.Helper()
	got, data := p.hear()
	require.Equal(p.t, name, got, data)
	var told []callStatus
	require.NoError(p.t, json.Unmarshal([]byte(data), &told))
	require.Len(p.t, told, 1)
	require.Equal(p.t, []any{id, status, info, webRTC}, []any{told[0].ID, told[0].Status, told[0].Info, told[0].Provider})
}

// try has a call dialled.
func (p *page) try(id string) {
	p.t.Helper()
	p.say(callMessage(id, "1001"))
	p.expectCall("notifyTryingResponse", id, gateway.CallTrying, "")
	p.expect("setRemoteSDP", `["`+id+`","v=0\r\n",true]`)
}

// establish brings a call to the point where both talk.
func (p *page) establish(fake *gatewaytest.Fake, id string) {
	p.t.Helper()
	p.try(id)
	change(fake, id, func(c *gateway.Call) { c.Status = gateway.CallEstablished })
	p.expectCall("talk", id, gateway.CallEstablished, "")
}

// change changes a call of the gateway.
func change(fake *gatewaytest.Fake, id string, to func(c *gateway.Call)) {
	for _, c := range fake.Snapshot().Calls {
		if c.ID == id {
			to(&c)
			fake.SetCall(c)
		}
	}
}

func TestOutgoingCall(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p, _, _ := registered(t, fake, addr, "")
	p.say(callMessage("K", "1001"))
	p.expect("notifyTryingResponse", `[{"callId":"K","status":"TRYING","incoming":false,"caller":"1000","callee":"1001","visibleName":"Bob",
		"hasAudio":true,"hasVideo":false,"mediaProvider":"WebRTC","custom":{"a":1}}]`)
	p.expect("setRemoteSDP", `["K","v=0\r\n",true]`)
	require.Equal(t, []gatewaytest.Dialed{{Offer: "v=0 offer", Spec: gateway.CallSpec{
		ID: "K", Callee: "1001", Account: sipAccount, AppKey: "defaultApp", HasAudio: true, VisibleName: "Bob", Custom: map[string]any{"a": 1.0},
	}}}, fake.Dialed())

	for _, step := range []struct {
		status gateway.CallStatus
		name   string
	}{
		{gateway.CallSessionProgress, "ring"}, {gateway.CallRing, "ring"}, {gateway.CallRingMedia, "ring"}, {gateway.CallEstablished, "talk"},
	} {
		for range 3 { // figures change, and each status is told once
			change(fake, "K", func(c *gateway.Call) { c.Status = step.status; c.SIPStatus++ })
		}
		p.expectCall(step.name, "K", step.status, "")
		p.expectNothing()
	}
	p.say(`{"message":"sendDtmf","data":[{"callId":"K","type":"RFC2833","dtmf":"5"}]}`)
	p.say(`{"message":"sendDtmf","data":[{"callId":"K","type":"INFO","dtmf":12}]}`)
	p.say(`{"message":"sendDtmf","data":[{"callId":"K","type":"INFO_RELAY","dtmf":"*#"}]}`)
	p.say(`{"message":"sendDtmf","data":[{"callId":"K","dtmf":"0"}]}`)
	p.say(about("hold", "K"))
	p.expectCall("hold", "K", gateway.CallHold, "")
	p.say(about("unhold", "K"))
	p.expectCall("talk", "K", gateway.CallEstablished, "")
	require.Equal(t, []gatewaytest.SentDTMF{
		{CallID: "K", DTMF: gateway.DTMF{Digits: "5", Type: gateway.DTMFRFC2833}},
		{CallID: "K", DTMF: gateway.DTMF{Digits: "12", Type: gateway.DTMFInfo}},
		{CallID: "K", DTMF: gateway.DTMF{Digits: "*#", Type: gateway.DTMFInfoRelay}},
		{CallID: "K", DTMF: gateway.DTMF{Digits: "0"}},
	}, fake.DTMFs())
	p.say(about("hangup", "K"))
	p.expectCall("finish", "K", gateway.CallFinish, "")
	p.say(about("hangup", "K"))
	p.expectCall("finish", "K", gateway.CallFinish, "")
	p.expectNothing()
	require.Equal(t, []string{"K"}, fake.Ended())
	p.try("K") // an id may be used again
}

func TestEndsOfCalls(t *testing.T) {
	for _, tc := range []struct {
		status gateway.CallStatus
		ending gateway.Ending
		told   gateway.CallStatus
		info   string
	}{
		{gateway.CallFinish, gateway.Ending{Reason: gateway.EndRemote}, gateway.CallFinish, ""},
		{gateway.CallBusy, gateway.Ending{Reason: gateway.EndBusy, Text: "486 Busy Here"}, gateway.CallFailed, "486 Busy Here"},
		{gateway.CallFailed, gateway.Ending{Reason: gateway.EndRejected, Text: "404 Not Found"}, gateway.CallFailed, "404 Not Found"},
		{gateway.CallFailed, gateway.Ending{Reason: gateway.EndNoMedia}, gateway.CallFailed, "No common codecs"},
		{gateway.CallFailed, gateway.Ending{Reason: gateway.EndUnreachable}, gateway.CallFailed, "Failed by request timeout"},
		{gateway.CallFailed, gateway.Ending{Reason: gateway.EndInternal}, gateway.CallFailed, "Failed by error"},
	} {
		fake := gatewaytest.New()
		_, addr := serve(t, fake, defaultLimits())
		p := phoned(t, addr)
		p.try("K")
		change(fake, "K", func(c *gateway.Call) { c.Status, c.Ending = tc.status, tc.ending })
		fake.RemoveCall("K")
		if tc.status == gateway.CallBusy {
			p.expectCall("busy", "K", gateway.CallBusy, tc.info)
		}
		p.expectCall("finish", "K", tc.told, tc.info)
		p.expectNothing()
		require.Empty(t, fake.Ended(), "it has ended by itself")
	}
}

// TestCallsThatVanish: a subscription that was cut may have missed the end.
func TestCallsThatVanish(t *testing.T) {
	s := newSwitchboard(4, 4)
	k := newSocket(&Server{}, nil)
	p := newPhone(nil, map[string]any{})
	s.connect(p, k)
	k.out.take()
	for status, end := range map[gateway.CallStatus]string{gateway.CallRing: `"FAILED"`, gateway.CallEstablished: `"FINISH"`} {
		_, quit := context.WithCancel(t.Context())
		c := newLine(p, gateway.Call{ID: "K"}, quit)
		_, room := s.reserve(c, func() {})
		require.True(t, room)
		s.vanish("K") // the gateway did not tell of it so far
		s.dialed(c, "v=0")
		s.change(gateway.Call{ID: "K", Status: status, Created: time.Now()})
		calls, _ := s.known()
		require.Equal(t, []string{"K"}, calls)
		s.vanish("K")
		frames := k.out.take()
		require.Len(t, frames, 4)
		require.Contains(t, string(frames[3]), end)
		require.Empty(t, s.byCall)
		s.vanish("K")
		require.Empty(t, k.out.take())
	}
}

func TestCallsRefused(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p := phoned(t, addr)
	p.say(callMessage("K", "a b"))
	p.expectCall("notifyTryingResponse", "K", gateway.CallTrying, "")
	name, data := p.hear()
	require.Equal(t, "finish", name)
	require.Contains(t, data, `"FAILED"`)
	require.Contains(t, data, "callee")
	p.expectNothing()

	p.say(`{"message":"call","data":[{"callee":"1001","sdp":"v=0"}]}`)
	p.expect("fail", `[{"apiMethod":"call","status":"FAILED","info":"callId is missing: give an id that no other call has"}]`)
	p.say(callMessage(strings.Repeat("x", maxID+1), "1001"))
	name, _ = p.hear()
	require.Equal(t, "fail", name)
	p.say(`{"message":"call","data":[{"callId":"L","callee":"1","custom":{"a":"` + strings.Repeat("x", maxPayload) + `"}}]}`)
	p.expect("fail", `[{"apiMethod":"call","id":"L","status":"FAILED","info":"custom is longer than 16 KiB"}]`)
	p.say(`{"message":"call","data":[{"callId":"L","callee":"1001","sdp":"` + strings.Repeat("v", maxOffer+1) + `"}]}`)
	p.expectCall("notifyTryingResponse", "L", gateway.CallTrying, "")
	p.expectCall("finish", "L", gateway.CallFailed, "sdp is longer than 64 KiB")

	p.try("K")
	p.say(callMessage("K", "1001"))
	p.expect("fail", `[{"apiMethod":"call","id":"K","status":"FAILED","info":"callId is already in use"}]`)
	other := phoned(t, addr)
	other.say(callMessage("K", "1001"))
	other.expectCall("finish", "K", gateway.CallFailed, "callId is already in use")
	other.say(about("hangup", "K"))
	other.expectCall("finish", "K", gateway.CallFinish, "")
	for _, name := range []string{"hold", "unhold", "transfer", "sendDtmf", "answer"} {
		other.say(about(name, "K"))
		got, why := other.hear()
		require.Equal(t, "fail", got, why)
		require.Contains(t, why, `"id":"K"`)
	}
	p.expectNothing()
	require.Empty(t, fake.Ended())

	nobody := open(t, addr)
	nobody.say(callMessage("N", "1001"))
	nobody.expectCall("notifyTryingResponse", "N", gateway.CallTrying, "")
	name, data = nobody.hear()
	require.Equal(t, "finish", name)
	require.Contains(t, data, "sipLogin")
}

func TestTooManyCalls(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p, r, _ := registered(t, fake, addr, "")
	for i := range 16 {
		p.try(strconv.Itoa(i))
	}
	p.say(callMessage("more", "1001"))
	p.expectCall("finish", "more", gateway.CallFailed, "the session has too many calls")
	fake.SetCall(incomingCall("in", r.ID))
	p.expectNothing()
	p.say(about("hangup", "3"))
	p.expectCall("finish", "3", gateway.CallFinish, "")
	p.try("more")
}

// TestCallWaitsForTheRegistrar: and may be hung up meanwhile.
func TestCallWaitsForTheRegistrar(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p, _ := connect(t, addr, sipFields+`,"sipRegisterRequired":true`)
	p.say(callMessage("K", "1001"))
	p.expectCall("notifyTryingResponse", "K", gateway.CallTrying, "")
	p.say(callMessage("L", "1001"))
	p.expectCall("notifyTryingResponse", "L", gateway.CallTrying, "")
	p.say(about("hangup", "L"))
	p.expectCall("finish", "L", gateway.CallFinish, "")
	p.expectNothing()
	require.Empty(t, fake.Dialed())
	r := asked(t, fake)
	r.Status = gateway.RegistrationUp
	fake.SetRegistration(r)
	p.expect("registered", `[{}]`)
	p.expect("setRemoteSDP", `["K","v=0\r\n",true]`)
	require.Len(t, fake.Dialed(), 1)
	require.Empty(t, fake.Ended())
}

func TestRegistrarIsSilent(t *testing.T) {
	fake := gatewaytest.New()
	l := defaultLimits()
	l.request = 50 * time.Millisecond
	_, addr := serve(t, fake, l)
	p, _ := connect(t, addr, sipFields+`,"sipRegisterRequired":true`)
	p.say(callMessage("K", "1001"))
	p.expectCall("notifyTryingResponse", "K", gateway.CallTrying, "")
	p.expectCall("finish", "K", gateway.CallFailed, "the registrar has not answered yet")
	require.Empty(t, fake.Dialed())
}

func TestTonesRefused(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p := phoned(t, addr)
	p.try("K")
	p.say(`{"message":"sendDtmf","data":[{"callId":"K","dtmf":"5"}]}`)
	name, data := p.hear()
	require.Equal(t, "fail", name)
	require.Contains(t, data, "not established")
	p.say(`{"message":"sendDtmf","data":[{"callId":"K","dtmf":"x","type":"INFO"}]}`)
	name, data = p.hear()
	require.Equal(t, "fail", name)
	require.Contains(t, data, "dtmf")
}

// TestSocketsLeaveNothing: what a page without keepAlive has started ends with it.
func TestSocketsLeaveNothing(t *testing.T) {
	fake := gatewaytest.New()
	s, addr := serve(t, fake, defaultLimits())
	p, r, _ := registered(t, fake, addr, "")
	p.establish(fake, "K")
	p.try("L")
	fake.SetCall(incomingCall("in", r.ID))
	p.expectRing("in")
	require.NoError(t, p.conn.CloseNow())
	require.Eventually(t, func() bool { return s.sockets() == 0 }, patience, time.Millisecond)
	require.ElementsMatch(t, []string{"K", "L", "in"}, fake.Ended())
	require.Empty(t, fake.Snapshot().Calls)
	require.Empty(t, fake.Snapshot().Registrations)
	s.expectIdle(t)
}

// TestCallsWhileTheSubscriptionIsCut: what ended meanwhile is told, what goes on goes on.
func TestCallsWhileTheSubscriptionIsCut(t *testing.T) {
	fake := gatewaytest.New()
	api := &cuttable{API: fake}
	_, addr := serve(t, api, defaultLimits())
	p, r, _ := registered(t, fake, addr, "")
	p.establish(fake, "stays")
	p.establish(fake, "goes")
	fake.SetCall(incomingCall("in", r.ID))
	p.expectRing("in")
	api.cut()
	fake.RemoveCall("goes")
	api.no.Store(false)
	p.expectCall("finish", "goes", gateway.CallFinish, "")
	p.expectNothing()
	change(fake, "stays", func(c *gateway.Call) { c.Status = gateway.CallHold })
	p.expectCall("hold", "stays", gateway.CallHold, "")

	api.cut()
	require.NoError(t, fake.Unregister(t.Context(), r.ID))
	api.no.Store(false)
	p.expect("fail", `[{"apiMethod":"RegistrationStatusEvent","status":"FAILED","info":"the registration has ended"}]`)
	p.expectClosed(websocket.StatusNormalClosure)
}

// TestFaultInACall is contained, and the call ended.
func TestFaultInACall(t *testing.T) {
	fake := gatewaytest.New()
	fake.SendDTMFFunc = func(context.Context, string, gateway.DTMF) error { panic("a fault") }
	_, addr := serve(t, fake, defaultLimits())
	p := phoned(t, addr)
	p.establish(fake, "K")
	p.say(`{"message":"sendDtmf","data":[{"callId":"K","dtmf":"5"}]}`)
	p.expectCall("finish", "K", gateway.CallFinish, "")
	p.try("L")
}
