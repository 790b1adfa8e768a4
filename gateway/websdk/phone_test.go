package websdk

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

const sipFields = `"sipLogin":"1000","sipAuthenticationName":"auth","sipPassword":"s3cret","sipDomain":"pbx.test",` +
	`"sipOutboundProxy":" proxy.test","sipPort":"5062 ","sipTransport":"TCP","sipSrtp":"Optional","sipTlsServerName":"pbx","codecs":"PCMU"`

var sipAccount = gateway.Account{
	Login: "1000", AuthName: "auth", Password: "s3cret", Domain: "pbx.test", OutboundProxy: "proxy.test", Port: 5062,
	Transport: gateway.TransportTCP, TLS: gateway.AccountTLS{ServerName: "pbx"}, SRTP: gateway.SRTPOptional, Codecs: "PCMU",
}

// connect opens a socket, says connection with these fields, and returns what it is told of itself.
func connect(t *testing.T, addr, fields string) (*page, map[string]any) {
	t.Helper()
	p := dial(t, "ws://"+addr, nil)
	p.say(`{"message":"connection","data":[{"appKey":"defaultApp","mediaProviders":["WebRTC"],` + fields + `}]}`)
	name, data := p.hear()
	require.Equal(t, "getUserData", name, data)
	require.NotContains(t, data, "s3cret")
	var user []map[string]any
	require.NoError(t, json.Unmarshal([]byte(data), &user))
	require.Len(t, user, 1)
	require.Equal(t, "ESTABLISHED", user[0]["status"])
	return p, user[0]
}

// phoned opens a session with an account that is not registered.
func phoned(t *testing.T, addr string) *page {
	t.Helper()
	p, user := connect(t, addr, sipFields+`,"sipRegisterRequired":false`)
	require.Equal(t, "1000", user["sipLogin"])
	return p
}

// asked waits for the one registration that the gateway is asked for.
func asked(t *testing.T, fake *gatewaytest.Fake) gateway.Registration {
	t.Helper()
	require.Eventually(t, func() bool { return len(fake.Snapshot().Registrations) == 1 }, patience, time.Millisecond)
	return fake.Snapshot().Registrations[0]
}

// registered opens a session with an account that is registered.
func registered(t *testing.T, fake *gatewaytest.Fake, addr, more string) (*page, gateway.Registration, string) {
	t.Helper()
	p, user := connect(t, addr, sipFields+`,"sipRegisterRequired":true`+more)
	r := asked(t, fake)
	r.Status = gateway.RegistrationUp
	fake.SetRegistration(r)
	p.expect("registered", `[{}]`)
	return p, r, user["authToken"].(string)
}

func TestRegistration(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p, r, token := registered(t, fake, addr, "")
	require.Equal(t, sipAccount, r.Account)
	require.GreaterOrEqual(t, len(r.ID), 26)
	require.NotEqual(t, token, r.ID, "the id of a registration is no secret")

	r.Expires = time.Now()
	fake.SetRegistration(r) // refreshed
	p.expectNothing()
	r.Status, r.Text = gateway.RegistrationFailed, "503 Service Unavailable"
	fake.SetRegistration(r)
	p.expect("fail", `[{"apiMethod":"RegistrationStatusEvent","status":"FAILED","info":"503 Service Unavailable"}]`)
	r.Status = gateway.RegistrationUp
	fake.SetRegistration(r)
	p.expectNothing() // it never was anything else for the page

	require.NoError(t, p.conn.Close(websocket.StatusNormalClosure, ""))
	require.Eventually(t, func() bool { return len(fake.Snapshot().Registrations) == 0 }, patience, time.Millisecond)
}

func TestRegistrarRefuses(t *testing.T) {
	fake := gatewaytest.New()
	s, addr := serve(t, fake, defaultLimits())
	p, _ := connect(t, addr, sipFields+`,"sipRegisterRequired":true,"keepAlive":true`)
	p.say(callMessage("K", "1001"))
	p.expectCall("notifyTryingResponse", "K", gateway.CallTrying, "")
	r := asked(t, fake)
	r.Status, r.Text = gateway.RegistrationFailed, "403 Forbidden"
	fake.SetRegistration(r)
	p.expectCall("finish", "K", gateway.CallFailed, "403 Forbidden")
	p.expect("fail", `[{"apiMethod":"RegistrationStatusEvent","status":"FAILED","info":"403 Forbidden"}]`)
	p.expectClosed(websocket.StatusNormalClosure)
	require.Eventually(t, func() bool { return len(fake.Snapshot().Registrations) == 0 && s.sockets() == 0 }, patience, time.Millisecond)
	require.Empty(t, fake.Dialed())
}

func TestAccountsThatCannotBeUsed(t *testing.T) {
	fake := gatewaytest.New()
	s, addr := serve(t, fake, defaultLimits())
	for fields, field := range map[string]string{
		`"sipLogin":"1000","sipDomain":"pbx.test","sipPort":"x"`:   "sipPort",
		`"sipLogin":"1000","sipDomain":"pbx.test","sipPort":70000`: "sipPort",
		`"sipLogin":"1000"`:                               "sipDomain",
		`"sipDomain":"pbx.test"`:                          "sipLogin",
		`"sipLogin":"a b","sipDomain":"pbx.test"`:         "sipLogin",
		`"sipLogin":"1000","sipDomain":"a/b"`:             "sipDomain",
		`"sipLogin":"1","sipDomain":"d","sipProxy":"a/b"`: "sipOutboundProxy",
		`"sipLogin":"` + strings.Repeat("x", 200) + `"`:   "sipLogin",
	} {
		p, _ := connect(t, addr, fields+`,"sipRegisterRequired":"true"`)
		name, data := p.hear()
		require.Equal(t, "fail", name, fields)
		require.Contains(t, data, `"RegistrationStatusEvent"`)
		require.Contains(t, data, field)
		p.expectClosed(websocket.StatusNormalClosure)
	}
	require.Empty(t, fake.Snapshot().Registrations)
	require.Eventually(t, func() bool { return s.sockets() == 0 }, patience, time.Millisecond)

	p, _ := connect(t, addr, `"sipLogin":"1000","sipDomain":"pbx.test","sipPort":"x"`)
	p.say(callMessage("K", "1001"))
	p.expectCall("notifyTryingResponse", "K", gateway.CallTrying, "")
	name, data := p.hear()
	require.Equal(t, "finish", name)
	require.Contains(t, data, "sipPort")
	require.Empty(t, fake.Dialed())
}

// TestRegistrationIsTakenAway: by an operator, say.
func TestRegistrationIsTakenAway(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p, r, _ := registered(t, fake, addr, "")
	require.NoError(t, fake.Unregister(t.Context(), r.ID))
	p.expect("fail", `[{"apiMethod":"RegistrationStatusEvent","status":"FAILED","info":"the registration has ended"}]`)
	p.expectClosed(websocket.StatusNormalClosure)
}

func TestKept(t *testing.T) {
	fake := gatewaytest.New()
	s, addr := serve(t, fake, defaultLimits())
	p, r, token := registered(t, fake, addr, `,"keepAlive":true`)
	p.establish(fake, "K")
	require.NoError(t, p.conn.CloseNow())
	parted(t, s, token)
	fake.SetCall(incomingCall("in-1", r.ID))

	back, user := connect(t, addr, `"keepAlive":true,"authToken":"`+token+`"`)
	require.Equal(t, []any{token, "1000"}, []any{user["authToken"], user["sipLogin"]})
	back.expect("registered", `[{}]`)
	told := map[string]bool{}
	for range 7 { // K's status, and what makes a browser ring for either
		name, data := back.hear()
		told[name+" "+data[:14]] = true
	}
	require.Len(t, told, 7, told)
	back.expectNothing()
	back.say(`{"message":"answer","data":[{"callId":"in-1","sdp":"v=0 answer"}]}`)
	back.expectCall("talk", "in-1", gateway.CallEstablished, "")
	back.say(`{"message":"hangup","data":[{"callId":"K"}]}`)
	back.expectCall("finish", "K", gateway.CallFinish, "")
	require.Equal(t, []string{"K"}, fake.Ended())
	require.Len(t, fake.Snapshot().Registrations, 1)
	require.Equal(t, r.ID, fake.Snapshot().Registrations[0].ID)
}

// parted waits until the session with this token has no socket.
func parted(t *testing.T, s *Server, token string) {
	t.Helper()
	require.Eventually(t, func() bool {
		s.switchboard.mu.Lock()
		defer s.switchboard.mu.Unlock()
		return s.switchboard.byToken[token].socket == nil
	}, patience, time.Millisecond)
}

// TestTakenOverAlive: a page may be back before the gateway notices that it was away.
func TestTakenOverAlive(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p, _, token := registered(t, fake, addr, `,"keepAlive":true`)
	p.establish(fake, "K")
	back, _ := connect(t, addr, sipFields+`,"sipRegisterRequired":true,"keepAlive":true,"authToken":"`+token+`"`)
	p.expectClosed(websocket.StatusPolicyViolation)
	back.expect("registered", `[{}]`)
	back.expectCall("talk", "K", gateway.CallEstablished, "")
	back.expect("setRemoteSDP", `["K","v=0\r\n",false]`)
	back.expect("notifyIncomingCall", `[{"callId":"K","status":"RING","incoming":true,"caller":"1001","callee":"1001","visibleName":"1001",
		"hasAudio":true,"hasVideo":false,"mediaProvider":"WebRTC","sipStatus":100,"custom":{"a":1}}]`)
	back.expectCall("ring", "K", gateway.CallRing, "")
	back.expectNothing()
	back.say(`{"message":"answer","data":[{"callId":"K","sdp":"v=0 answer"}]}`)
	back.expectCall("talk", "K", gateway.CallEstablished, "")
	back.say(`{"message":"answer","data":[{"callId":"K","sdp":"v=0 again"}]}`)
	name, data := back.hear()
	require.Equal(t, "fail", name, data)
	require.Equal(t, []gateway.AnswerSpec{{CallID: "K", SDP: "v=0 answer", Keep: time.Minute}}, fake.Answered())
	change(fake, "K", func(c *gateway.Call) { c.Status = gateway.CallHold })
	back.expectCall("hold", "K", gateway.CallHold, "")
	require.Empty(t, fake.Ended())
	require.Len(t, fake.Snapshot().Registrations, 1)
}

// TestOfferAgainFails: the page is told that its call is over when it cannot have it, and it is.
func TestOfferAgainFails(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p, _, token := registered(t, fake, addr, `,"keepAlive":true`)
	p.establish(fake, "K")
	back, _ := connect(t, addr, `"keepAlive":true,"authToken":"`+token+`"`)
	back.expect("registered", `[{}]`)
	back.expectCall("talk", "K", gateway.CallEstablished, "")
	for range 3 {
		back.hear()
	}
	fake.RefuseFunc = func(verb string) error {
		if verb == "AnswerCall" {
			return &gateway.Error{Code: gateway.CodeInvalid, Message: "no common codecs"}
		}
		return nil
	}
	back.say(`{"message":"answer","data":[{"callId":"K","sdp":"v=0 answer"}]}`)
	back.expectCall("finish", "K", gateway.CallFailed, "no common codecs")
	require.Eventually(t, func() bool { return slices.Contains(fake.Ended(), "K") }, patience, time.Millisecond)
}

func TestTokensThatOpenNothing(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	_, _, token := registered(t, fake, addr, `,"keepAlive":true`)
	for _, fields := range []string{
		`"keepAlive":true,"authToken":"wrong"`,
		`"keepAlive":true`,
		`"authToken":"` + token + `"`,
		`"keepAlive":true,"sipLogin":"2000","sipDomain":"pbx.test","authToken":"` + token + `"`,
	} {
		p, user := connect(t, addr, fields)
		require.NotEqual(t, token, user["authToken"])
		p.expectNothing()
	}
	fleeting, user := connect(t, addr, sipFields)
	other, again := connect(t, addr, `"keepAlive":true,"authToken":"`+user["authToken"].(string)+`"`)
	require.NotEqual(t, user["authToken"], again["authToken"], "who did not ask for it is not taken over")
	fleeting.expectNothing()
	other.expectNothing()
}

func TestKeptInVain(t *testing.T) {
	fake := gatewaytest.New()
	l := defaultLimits()
	l.keep = time.Millisecond
	s, addr := serve(t, fake, l)
	p, _, _ := registered(t, fake, addr, `,"keepAlive":true`)
	p.establish(fake, "K")
	require.NoError(t, p.conn.CloseNow())
	require.Eventually(t, func() bool { return s.sockets() == 0 }, patience, time.Millisecond)
	require.Equal(t, []string{"K"}, fake.Ended())
	require.Empty(t, fake.Snapshot().Registrations)
	s.expectIdle(t)
}

// TestLastMoment: a phone that was taken over when its time was up belongs to the other socket, even if that has gone too.
func TestLastMoment(t *testing.T) {
	b := newSwitchboard(1, 2)
	first, second := newSocket(&Server{}, nil), newSocket(&Server{}, nil)
	f := fields{"sipLogin": json.RawMessage(`"1000"`), "keepAlive": json.RawMessage(`true`)}
	p := newPhone(f, userOf(f))
	b.connect(p, first)
	early, mine := b.part(p, first)
	require.True(t, mine)
	require.Equal(t, p, b.takeOver(p.token, gateway.Account{}, second))
	require.False(t, b.retire(p, early))
	late, mine := b.part(p, second)
	require.True(t, mine)
	require.False(t, b.retire(p, early))
	require.True(t, b.retire(p, late))
	require.Nil(t, b.takeOver(p.token, gateway.Account{}, first))
	require.Zero(t, b.kept)
}

// TestTooManyKept: what is too much goes with its socket.
func TestTooManyKept(t *testing.T) {
	fake := gatewaytest.New()
	l := defaultLimits()
	l.kept = 1
	s, addr := serve(t, fake, l)
	first, user := connect(t, addr, sipFields+`,"keepAlive":true`)
	second, lost := connect(t, addr, sipFields+`,"keepAlive":true`)
	first.establish(fake, "K")
	second.establish(fake, "L")
	require.NoError(t, first.conn.CloseNow())
	parted(t, s, user["authToken"].(string))
	require.NoError(t, second.conn.CloseNow())
	require.Eventually(t, func() bool { return len(fake.Ended()) == 1 && s.sockets() == 1 }, patience, time.Millisecond)
	require.Equal(t, []string{"L"}, fake.Ended())

	first, again := connect(t, addr, `"keepAlive":true,"authToken":"`+user["authToken"].(string)+`"`)
	require.Equal(t, user["authToken"], again["authToken"])
	first.expectCall("talk", "K", gateway.CallEstablished, "")
	_, again = connect(t, addr, `"keepAlive":true,"authToken":"`+lost["authToken"].(string)+`"`)
	require.NotEqual(t, lost["authToken"], again["authToken"])
	require.NoError(t, first.conn.CloseNow()) // there is room again
	parted(t, s, user["authToken"].(string))
	first, _ = connect(t, addr, `"keepAlive":true,"authToken":"`+user["authToken"].(string)+`"`)
	first.expectCall("talk", "K", gateway.CallEstablished, "")
}

func TestCloseEndsWhatIsKept(t *testing.T) {
	fake := gatewaytest.New()
	s, addr := serve(t, fake, defaultLimits())
	p, _, token := registered(t, fake, addr, `,"keepAlive":true`)
	p.establish(fake, "K")
	require.NoError(t, p.conn.CloseNow())
	parted(t, s, token)
	require.NoError(t, s.Close(t.Context()))
	require.Equal(t, []string{"K"}, fake.Ended())
	require.Empty(t, fake.Snapshot().Registrations)
	s.expectIdle(t)
}

// expectIdle checks that nothing is remembered.
func (s *Server) expectIdle(t *testing.T) {
	t.Helper()
	s.switchboard.mu.Lock()
	defer s.switchboard.mu.Unlock()
	require.Empty(t, s.switchboard.byCall)
	require.Empty(t, s.switchboard.byToken)
	require.Empty(t, s.switchboard.byRegistration)
}
