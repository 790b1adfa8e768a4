package rest

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

// refusals asks for what is to be refused.
func refusals(t *testing.T, h http.Handler, all []refusal) {
	t.Helper()
	for _, tc := range all {
		w := ask(h, http.MethodPost, "/rest-api/"+tc.path, tc.body)
		require.Equal(t, tc.status, w.Code, tc)
		require.Equal(t, tc.reason, faultIn(t, w)["reason"], tc)
	}
}

type refusal struct {
	path, body string
	status     int
	reason     string
}

func TestAnswering(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	fake.SetCall(gateway.Call{ID: "in", Incoming: true, Status: gateway.CallRing})
	fake.SetCall(gateway.Call{ID: "other", Incoming: true, Status: gateway.CallRing})
	w := ask(h, http.MethodPost, "/rest-api/call/answer", `{"callId":"in","toStream":"show","rtmpUrl":"rtmp://h/live","rtmpStream":"key"}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Empty(t, w.Body.String())
	require.Equal(t, []gateway.AnswerSpec{{CallID: "in", Stream: "show", RTMPURL: "rtmp://h/live", RTMPStream: "key"}}, fake.Answered())
	refusals(t, h, []refusal{
		{"call/answer", `{}`, 400, gateway.ReasonRequired},
		{"call/answer", `{"callId":{}}`, 400, reasonType},
		{"call/answer", `{"callId":"in"}`, 409, gateway.ReasonNotRinging},
		{"call/answer", `{"callId":"none"}`, 404, gateway.ReasonCallNotFound},
	})
	require.Equal(t, http.StatusOK, ask(h, http.MethodPost, "/rest-api/call/terminate", `{"callId":"other"}`).Code)
	require.Equal(t, []string{"other"}, fake.Ended())
}

func TestMuting(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	fake.SetCall(gateway.Call{ID: "a", Status: gateway.CallEstablished})
	for _, verb := range []string{"mute", "unmute"} {
		require.Equal(t, http.StatusOK, ask(h, http.MethodPost, "/rest-api/call/"+verb, `{"callId":"a"}`).Code)
		require.Equal(t, verb == "mute", fake.Snapshot().Calls[0].Muted)
		refusals(t, h, []refusal{
			{"call/" + verb, `{}`, 400, gateway.ReasonRequired},
			{"call/" + verb, `{"callId":"none"}`, 404, gateway.ReasonCallNotFound},
		})
	}
}

func TestTransferring(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	fake.SetCall(gateway.Call{ID: "a", Status: gateway.CallEstablished})
	for _, body := range []string{`{"callId":"a","target":1002}`, `{"callId":"a","replacesCallId":"b"}`} {
		require.Equal(t, http.StatusOK, ask(h, http.MethodPost, "/rest-api/call/transfer", body).Code)
	}
	require.Equal(t, []gateway.TransferSpec{{CallID: "a", Target: "1002"}, {CallID: "a", Replaces: "b"}}, fake.Transfers())
	refusals(t, h, []refusal{
		{"call/transfer", `{"target":"x"}`, 400, gateway.ReasonRequired},
		{"call/transfer", `{"callId":"none","target":"x"}`, 404, gateway.ReasonCallNotFound},
	})
}

func TestRegistering(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		require.Equal(t, "[]", ask(h, method, "/rest-api/registration/find_all", "").Body.String())
	}
	const pin = "a3c1d7a0b6f0e3d2a3c1d7a0b6f0e3d2a3c1d7a0b6f0e3d2a3c1d7a0b6f0e3d2"
	const body = `{"sipLogin":"desk","sipPassword":"hunter2","sipDomain":"pbx","sipTransport":"TLS","sipTlsServerName":"pbx.example",
		"sipTlsPin":"` + pin + `","sipSrtp":"Optional","codecs":"PCMU"}`
	w := ask(h, http.MethodPost, "/rest-api/registration/startup", body)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Empty(t, w.Body.String())
	now := fake.Snapshot().Registrations
	require.Len(t, now, 1)
	require.Equal(t, "desk@pbx", now[0].ID)
	require.Equal(t, gateway.Account{
		Login: "desk", Password: "hunter2", Domain: "pbx", Transport: gateway.TransportTLS, SRTP: gateway.SRTPOptional,
		TLS: gateway.AccountTLS{ServerName: "pbx.example", Pin: pin}, Codecs: "PCMU",
	}, now[0].Account)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	now[0].Status, now[0].SIPStatus, now[0].Text, now[0].Expires, now[0].Created = gateway.RegistrationUp, 200, "OK", at, at
	fake.SetRegistration(now[0])
	require.JSONEq(t, `[{"registrationId":"desk@pbx","status":"REGISTERED","sipStatus":200,"text":"OK","reason":null,"expiresAt":"2026-01-02T03:04:05Z",
		"createdAt":"2026-01-02T03:04:05Z","sipLogin":"desk","sipAuthenticationName":"desk","sipDomain":"pbx","sipOutboundProxy":null,
		"sipPort":0,"sipTransport":"tls","sipTlsServerName":"pbx.example","sipTlsPin":"`+pin+`","sipSrtp":"optional","codecs":"PCMU"}]`,
		ask(h, http.MethodGet, "/rest-api/registration/find_all", "").Body.String())
	now[0].Status, now[0].Reason, now[0].Account.TLS, now[0].Account.Codecs = gateway.RegistrationFailed, gateway.EndExpired, gateway.AccountTLS{}, ""
	fake.SetRegistration(now[0])
	failed := ask(h, http.MethodGet, "/rest-api/registration/find_all", "").Body.String()
	require.Contains(t, failed, `"reason":"expired"`)
	require.Contains(t, failed, `"sipTlsServerName":null,"sipTlsPin":null,"sipSrtp":"optional","codecs":null`)
	refusals(t, h, []refusal{
		{"registration/startup", body, 409, gateway.ReasonRegistrationExists},
		{"registration/startup", `{"sipLogin":"desk"}`, 400, gateway.ReasonRequired},
		{"registration/startup", `{"sipPort":"x"}`, 400, reasonType},
		{"registration/terminate", `{}`, 400, gateway.ReasonRequired},
		{"registration/terminate", `{"registrationId":"none"}`, 404, gateway.ReasonRegistrationMissing},
	})
	require.Equal(t, http.StatusOK, ask(h, http.MethodPost, "/rest-api/registration/terminate", `{"registrationId":"desk@pbx"}`).Code)
	require.Empty(t, fake.Snapshot().Registrations)
}

func TestDevices(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	require.Equal(t, "[]", ask(h, http.MethodGet, "/rest-api/device/find_all", "").Body.String())
	fake.SetDevices(gateway.Device{ID: "m", Kind: "audio", Name: "Mic"})
	require.JSONEq(t, `[{"id":"m","kind":"audio","name":"Mic"}]`, ask(h, http.MethodPost, "/rest-api/device/find_all", "").Body.String())
	fake.SetCall(gateway.Call{ID: "a", Status: gateway.CallEstablished})
	require.Equal(t, http.StatusOK, ask(h, http.MethodPost, "/rest-api/call/use_devices", `{"callId":"a","microphone":"m","camera":""}`).Code)
	require.Equal(t, gateway.DeviceUse{Microphone: "m"}, fake.Snapshot().Calls[0].Devices)
	refusals(t, h, []refusal{
		{"call/use_devices", `{"microphone":"m"}`, 400, gateway.ReasonRequired},
		{"call/use_devices", `{"callId":"none"}`, 404, gateway.ReasonCallNotFound},
	})
	fake.RefuseFunc = func(string) error {
		return &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonDeviceBusy}
	}
	refusals(t, h, []refusal{{"device/find_all", "", 503, gateway.ReasonDeviceBusy}})
}

func TestLadder(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	fake.SetLadder(gateway.Ladder{CallID: "a", Dropped: 2, Messages: []gateway.SIPMessage{
		{At: at, Sent: true, Remote: "h:5060", Transport: gateway.TransportUDP, Start: "INVITE sip:b@h SIP/2.0", Text: "INVITE…", SDP: "v=0"},
		{At: at, Remote: "h:5060", Transport: gateway.TransportUDP, Start: "SIP/2.0 180 Ringing", Text: "SIP/2.0…", Repeats: 1},
	}})
	w := ask(h, http.MethodPost, "/rest-api/call/ladder", `{"callId":"a"}`)
	require.JSONEq(t, `{"callId":"a","dropped":2,"messages":[
		{"time":"2026-01-02T03:04:05Z","direction":"out","remote":"h:5060","transport":"udp","start":"INVITE sip:b@h SIP/2.0",
			"text":"INVITE…","sdp":"v=0","repeats":0},
		{"time":"2026-01-02T03:04:05Z","direction":"in","remote":"h:5060","transport":"udp","start":"SIP/2.0 180 Ringing",
			"text":"SIP/2.0…","sdp":null,"repeats":1}]}`, w.Body.String())
	refusals(t, h, []refusal{
		{"call/ladder", `{}`, 400, gateway.ReasonRequired},
		{"call/ladder", `{"callId":"none"}`, 404, gateway.ReasonCallNotFound},
	})
}
