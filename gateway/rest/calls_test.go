package rest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

// seedStartup is the request in Web Call Server's documentation.
const seedStartup = `{
   "callId":"123456711", "callee":"10000", "toStream":"stream1",
   "rtmpUrl":"rtmp://localhost:1935/live/", "rtmpStream":"rtmp_stream1",
   "hasAudio":"true", "hasVideo":"true",
   "sipLogin":"10009", "sipAuthenticationName":"10009", "sipPassword":"1234",
   "sipDomain":"226.226.225.226", "sipOutboundProxy":"226.226.225.226", "sipPort":"5060",
   "appKey":"defaultApp", "sipRegisterRequired":"false"
}`

func seedSpec() gateway.CallSpec {
	return gateway.CallSpec{
		ID: "123456711", Callee: "10000", Stream: "stream1", AppKey: "defaultApp",
		RTMPURL: "rtmp://localhost:1935/live/", RTMPStream: "rtmp_stream1", HasAudio: true, HasVideo: true,
		Account: gateway.Account{
			Login: "10009", AuthName: "10009", Password: "1234", Domain: "226.226.225.226",
			OutboundProxy: "226.226.225.226", Port: 5060,
		},
	}
}

func handlerOf(api gateway.API) http.Handler {
	return Handler(Params{API: api, Version: "1.2.3", Log: slog.New(slog.DiscardHandler)})
}

func ask(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

func TestStartup(t *testing.T) {
	bare := gateway.CallSpec{
		ID: "1", Callee: "2", HasAudio: true, HasVideo: true,
		Account: gateway.Account{Login: "3", Domain: "d"},
	}
	bareAnd := func(change func(*gateway.CallSpec)) gateway.CallSpec {
		spec := bare
		change(&spec)
		return spec
	}
	for name, tc := range map[string]struct {
		path string
		body string
		want gateway.CallSpec
	}{
		"as documented": {body: seedStartup, want: seedSpec()},
		"older form": {
			path: "/RESTCall/call",
			body: `{"callId":"1","callee":"2","hasVideo":"false","connection":{"sipLogin":"3","sipDomain":"d","sipPort":"5070",
				"sipProxy":"p","sipVisibleName":"V","sipRegisterRequired":true,"callId":"not this one"}}`,
			want: bareAnd(func(s *gateway.CallSpec) {
				s.HasVideo, s.VisibleName = false, "V"
				s.Account.Port, s.Account.Register, s.Account.OutboundProxy = 5070, true, "p"
			}),
		},
		"absent fields": {
			body: `{"callId":"1","callee":"2","sipLogin":"3","sipDomain":"d"}`,
			want: bare,
		},
		"null and empty are absent": {
			body: `{"callId":"1","callee":"2","sipLogin":"3","sipDomain":"d","hasAudio":"","hasVideo":null,"sipPort":"","rtmpUrl":null,"custom":null}`,
			want: bare,
		},
		"numbers as text and text as numbers": {
			body: `{"callId":1,"callee":2,"sipLogin":3,"sipDomain":"d","sipPort":"0"}`,
			want: bare,
		},
		"real types": {
			body: `{"callId":"1","callee":"2","sipLogin":"3","sipDomain":"d","sipPort":5080,"hasAudio":false,"sipRegisterRequired":true,
				"sipTransport":"TCP","sipSrtp":"Required","sipTlsServerName":"pbx","sipTlsPin":"` + strings.Repeat("ab", 32) + `",
				"codecs":"PCMU","visibleName":"N","custom":{"a":[1]}}`,
			want: bareAnd(func(s *gateway.CallSpec) {
				s.HasAudio, s.VisibleName, s.Custom = false, "N", map[string]any{"a": []any{1.0}}
				s.Account.Port, s.Account.Register, s.Account.Transport = 5080, true, gateway.TransportTCP
				s.Account.SRTP, s.Account.Codecs = gateway.SRTPRequired, "PCMU"
				s.Account.TLS = gateway.AccountTLS{ServerName: "pbx", Pin: strings.Repeat("ab", 32)}
			}),
		},
		"unknown keys": {
			body: `{"callId":"1","callee":"2","sipLogin":"3","sipDomain":"d","hasaudio":false,"x":{"y":[]}}`,
			want: bare,
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake := gatewaytest.New()
			w := ask(handlerOf(fake), http.MethodPost, orElse(tc.path, "/rest-api/call/startup"), tc.body)
			require.Equal(t, http.StatusOK, w.Code, w.Body)
			require.Empty(t, w.Body.String())
			require.Equal(t, []gateway.CallSpec{tc.want}, fake.Started())
		})
	}
}

func TestMalformedRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		path    string
		body    string
		message string
	}{
		"not JSON":            {"startup", "callId=1", "the body is not JSON"},
		"two documents":       {"startup", "{}{}", "the body is not JSON"},
		"an array":            {"find", `[{"callId":"1"}]`, "the body is an array"},
		"null":                {"find", `null`, "the body is null"},
		"a number":            {"terminate", `7`, "the body is a number"},
		"too long":            {"startup", `{"x":"` + strings.Repeat("x", maxBody) + `"}`, "the body is longer than 64 KiB"},
		"text is an object":   {"startup", `{"callId":{}}`, "callId is an object: give text."},
		"text is a boolean":   {"startup", `{"callId":"1","callee":true}`, "callee is a boolean: give text."},
		"flag is a word":      {"startup", `{"callId":"1","hasAudio":"yes"}`, "hasAudio is a string: give true or false."},
		"flag is a number":    {"startup", `{"callId":"1","hasVideo":1}`, "hasVideo is a number: give true or false."},
		"port is a word":      {"startup", `{"callId":"1","sipPort":"sip"}`, "sipPort is a string: give a whole number."},
		"port is a fraction":  {"startup", `{"callId":"1","sipPort":5060.5}`, "sipPort is a number: give a whole number."},
		"port is endless":     {"startup", `{"callId":"1","sipPort":99999999999999999999}`, "sipPort is a number: give a whole number."},
		"custom is text":      {"startup", `{"callId":"1","custom":"x"}`, "custom is a string: give an object."},
		"connection is text":  {"startup", `{"callId":"1","connection":"x"}`, "connection is a string: give an object."},
		"password is a list":  {"startup", `{"callId":"1","sipPassword":["hunter2"]}`, "sipPassword is an array: give text."},
		"no callId":           {"startup", `{"callee":"2","sipLogin":"3","sipDomain":"d"}`, "callId is missing"},
		"no body":             {"startup", ``, "callId is missing"},
		"bad login":           {"startup", `{"callId":"1","callee":"2","sipLogin":"a <b>","sipDomain":"d"}`, `sipLogin "a <b>"`},
		"bad scheme":          {"startup", `{"callId":"1","callee":"2","sipLogin":"3","sipDomain":"d","rtmpUrl":"http://h/live","rtmpStream":"s"}`, `rtmpUrl "http://h"`},
		"terminate nothing":   {"terminate", `{}`, "callId is missing."},
		"tones into nothing":  {"send_dtmf", `{"dtmf":"1"}`, "callId is missing."},
		"filter is an object": {"find", `{"status":{}}`, "status is an object: give text."},
	} {
		t.Run(name, func(t *testing.T) {
			fake := gatewaytest.New()
			w := ask(handlerOf(fake), http.MethodPost, "/rest-api/call/"+tc.path, tc.body)
			require.Equal(t, http.StatusBadRequest, w.Code)
			require.Contains(t, faultIn(t, w)["message"], tc.message)
			require.NotContains(t, w.Body.String(), "hunter2")
			require.Empty(t, fake.Snapshot().Calls)
		})
	}
}

func faultIn(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	var f map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &f), w.Body.String())
	return f
}

func TestErrorBody(t *testing.T) {
	fake := gatewaytest.New()
	for _, tc := range []struct {
		err       error
		status    int
		text      string
		exception string
	}{
		{&gateway.Error{Code: gateway.CodeInvalid, Reason: "r", Message: "m"}, 400, "Bad Request", "invalid"},
		{&gateway.Error{Code: gateway.CodeNotFound, Reason: "r", Message: "m"}, 404, "Not Found", "not_found"},
		{&gateway.Error{Code: gateway.CodeConflict, Reason: "r", Message: "m"}, 409, "Conflict", "conflict"},
		{&gateway.Error{Code: gateway.CodeUnavailable, Reason: "r", Message: "m"}, 503, "Service Unavailable", "unavailable"},
		{&gateway.Error{Code: gateway.CodeInternal, Reason: "r", Message: "m"}, 500, "Internal Server Error", "internal"},
	} {
		fake.EndCallFunc = func(context.Context, string) error { return tc.err }
		w := ask(handlerOf(fake), http.MethodPost, "/rest-api/call/terminate", `{"callId":"1"}`)
		require.Equal(t, tc.status, w.Code)
		f := faultIn(t, w)
		require.Positive(t, f["timestamp"])
		delete(f, "timestamp")
		require.Equal(t, map[string]any{
			"exception": tc.exception, "reason": "r", "path": "/rest-api/call/terminate", "error": tc.text, "message": "m",
			"status": float64(tc.status),
		}, f)
	}

	fake.EndCallFunc = func(context.Context, string) error { return errors.New("dial 10.0.0.1: secret detail") }
	w := ask(handlerOf(fake), http.MethodPost, "/rest-api/call/terminate", `{"callId":"1"}`)
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.NotContains(t, w.Body.String(), "secret detail")
}

func TestConflict(t *testing.T) {
	h := handlerOf(gatewaytest.New())
	require.Equal(t, http.StatusOK, ask(h, http.MethodPost, "/rest-api/call/startup", seedStartup).Code)

	same := ask(h, http.MethodPost, "/rest-api/call/startup", seedStartup)
	require.Equal(t, http.StatusConflict, same.Code)
	require.Equal(t, gateway.ReasonCallExists, faultIn(t, same)["reason"])

	target := ask(h, http.MethodPost, "/rest-api/call/startup", strings.Replace(seedStartup, "123456711", "another", 1))
	require.Equal(t, http.StatusConflict, target.Code)
	require.Equal(t, gateway.ReasonTargetInUse, faultIn(t, target)["reason"])
}

func TestFind(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		require.Equal(t, http.StatusNotFound, ask(h, method, "/rest-api/call/find_all", "").Code)
	}
	fake.SetCall(gateway.Call{ID: "a", Callee: "100", Status: gateway.CallEstablished, RTMPURL: "rtmp://h/1"})
	fake.SetCall(gateway.Call{ID: "b", Callee: "100", Status: gateway.CallRing, RTMPURL: "rtmp://h/2"})
	fake.SetCall(gateway.Call{ID: "c", Callee: "200", Status: gateway.CallEstablished})
	fake.SetCall(gateway.Call{ID: "over", Callee: "100", Status: gateway.CallFinish})
	fake.SetCall(gateway.Call{ID: "busy", Callee: "100", Status: gateway.CallBusy})

	for body, want := range map[string][]string{
		``:                         {"a", "b", "c"},
		`{}`:                       {"a", "b", "c"},
		`{"callId":"b"}`:           {"b"},
		`{"callee":"100"}`:         {"a", "b"},
		`{"callee":200}`:           {"c"},
		`{"rtmpUrl":"rtmp://h/2"}`: {"b"},
		`{"status":"ESTABLISHED"}`: {"a", "c"},
		`{"status":"ESTABLISHED","callee":"100"}`: {"a"},
		`{"status":"ESTABLISHED","callId":"b"}`:   nil,
		`{"callId":"over"}`:                       nil,
		`{"status":"FINISH"}`:                     nil,
		`{"callId":"nobody"}`:                     nil,
		`{"callId":"","other":1}`:                 {"a", "b", "c"},
	} {
		w := ask(h, http.MethodPost, "/rest-api/call/find", body)
		require.Equal(t, want, idsIn(t, w), body)
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		require.Equal(t, []string{"a", "b", "c"}, idsIn(t, ask(h, method, "/rest-api/call/find_all", "")))
	}
}

// idsIn returns the calls of an answer, none for 404.
func idsIn(t *testing.T, w *httptest.ResponseRecorder) []string {
	t.Helper()
	if w.Code == http.StatusNotFound {
		return nil
	}
	require.Equal(t, http.StatusOK, w.Code)
	var calls []map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &calls))
	var ids []string
	for _, c := range calls {
		require.Len(t, c, 34)
		ids = append(ids, c["callId"].(string))
	}
	return ids
}

func TestTerminate(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	fake.SetCall(gateway.Call{ID: "a", Status: gateway.CallEstablished})
	w := ask(h, http.MethodPost, "/rest-api/call/terminate", `{"callId":"a"}`)
	require.Equal(t, http.StatusOK, w.Code)
	require.Empty(t, w.Body.String())
	require.Equal(t, []string{"a"}, fake.Ended())

	w = ask(h, http.MethodPost, "/rest-api/call/terminate", `{"callId":"a"}`)
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Equal(t, gateway.ReasonCallNotFound, faultIn(t, w)["reason"])
}

func TestSendDTMF(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	fake.SetCall(gateway.Call{ID: "a", Status: gateway.CallEstablished})
	fake.SetCall(gateway.Call{ID: "ringing", Status: gateway.CallRing})
	for _, tc := range []struct {
		body   string
		status int
		want   gateway.DTMF
	}{
		{`{"callId":"a","dtmf":9}`, 200, gateway.DTMF{Digits: "9"}},
		{`{"callId":"a","dtmf":"1*#D","type":"INFO_RELAY"}`, 200, gateway.DTMF{Digits: "1*#D", Type: gateway.DTMFInfoRelay}},
		{`{"callId":"ringing","dtmf":"9"}`, 409, gateway.DTMF{Digits: "9"}},
		{`{"callId":"nobody","dtmf":"9"}`, 404, gateway.DTMF{Digits: "9"}},
	} {
		w := ask(h, http.MethodPost, "/rest-api/call/send_dtmf", tc.body)
		require.Equal(t, tc.status, w.Code, tc.body)
		require.Equal(t, tc.status == http.StatusOK, w.Body.Len() == 0, tc.body)
		sent := fake.DTMFs()
		require.Equal(t, tc.want, sent[len(sent)-1].DTMF, tc.body)
	}
}

// TestOlderCalls does what the first page of WCS does: it shows every body as the status of its call, unless it is JSON.
func TestOlderCalls(t *testing.T) {
	fake := gatewaytest.New()
	fake.SetCall(gateway.Call{ID: "a", Status: gateway.CallEstablished})
	fake.SetCall(gateway.Call{ID: "b", Status: gateway.CallRing})
	h := handlerOf(fake)
	w := ask(h, http.MethodPost, "/RESTCall/getStatus", `{"callId":"a"}`)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "ESTABLISHED", w.Body.String())
	require.Contains(t, w.Header().Get("Content-Type"), "text/plain")
	require.Equal(t, "RING", ask(h, http.MethodPost, "/RESTCall/getStatus", `{"callId":"b"}`).Body.String())
	require.Equal(t, http.StatusBadRequest, ask(h, http.MethodPost, "/RESTCall/getStatus", `{}`).Code)
	require.Equal(t, []string{"a", "b"}, idsIn(t, ask(h, http.MethodPost, "/RESTCall/getCalls", `{}`)))

	w = ask(h, http.MethodPost, "/RESTCall/sendDTMF", `{"callId":"a","dtmf":"5","type":"RFC2833"}`)
	require.Equal(t, http.StatusOK, w.Code)
	require.Empty(t, w.Body.String())
	require.Equal(t, []gatewaytest.SentDTMF{{CallID: "a", DTMF: gateway.DTMF{Digits: "5", Type: gateway.DTMFRFC2833}}}, fake.DTMFs())

	w = ask(h, http.MethodPost, "/RESTCall/hangup", `{"callId":"a"}`)
	require.Equal(t, http.StatusOK, w.Code)
	require.Empty(t, w.Body.String())
	w = ask(h, http.MethodPost, "/RESTCall/getStatus", `{"callId":"a"}`)
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Equal(t, gateway.ReasonCallNotFound, faultIn(t, w)["reason"])
	require.Equal(t, http.StatusNotFound, ask(h, http.MethodPost, "/RESTCall/hangup", `{"callId":"a"}`).Code)
}

// FuzzStartup: whatever the body, the answer is 200, 400 or 409, and no field appears that was not sent.
func FuzzStartup(f *testing.F) {
	f.Add([]byte(seedStartup))
	f.Add([]byte(`{"connection":{"sipPort":"5060"},"callId":1e9}`))
	f.Add([]byte(`{"callId":"\ud800","hasAudio":"","custom":{"a":null}}`))
	f.Add([]byte(`[[[[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		fake := gatewaytest.New()
		r := httptest.NewRequest(http.MethodPost, "/rest-api/call/startup", io.NopCloser(strings.NewReader(string(body))))
		w := httptest.NewRecorder()
		handlerOf(fake).ServeHTTP(w, r)
		if !slices.Contains([]int{http.StatusOK, http.StatusBadRequest, http.StatusConflict}, w.Code) {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		for _, spec := range fake.Started() {
			if len(spec.ID) > 6*len(body) {
				t.Fatalf("id grew from %d to %d bytes", len(body), len(spec.ID))
			}
		}
	})
}

// FuzzBodies: whatever is sent to whichever endpoint, the gateway is not at fault.
func FuzzBodies(f *testing.F) {
	var paths []string
	for _, rt := range (&service{}).routes() {
		if slices.Contains(rt.methods, http.MethodPost) {
			paths = append(paths, strings.ReplaceAll(rt.path, "{stream}", "s"))
		}
	}
	for i := range paths {
		f.Add(uint8(i), []byte(`{"streamName":"call","rtmpUrl":"u","options":{"action":"mute"},"mediaSessionIds":["c1",2],"display":"x"}`))
		f.Add(uint8(i), []byte(`{"options":[],"published":"","name":{},"uri":1e9,"loop":"TRUE","callId":"\ud800"}`))
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		path := paths[int(which)%len(paths)]
		w := askSDP(handlerOf(onAir()), http.MethodPost, path, sdpType, string(body))
		if w.Code == http.StatusInternalServerError {
			t.Fatalf("%s: %s", path, w.Body)
		}
	})
}

func TestHold(t *testing.T) {
	fake := gatewaytest.New()
	fake.SetCall(gateway.Call{ID: "a", Status: gateway.CallEstablished})
	h := handlerOf(fake)
	for path, status := range map[string]gateway.CallStatus{"hold": gateway.CallHold, "unhold": gateway.CallEstablished} {
		w := ask(h, http.MethodPost, "/rest-api/call/"+path, `{"callId":"a"}`)
		require.Equal(t, http.StatusOK, w.Code)
		require.Empty(t, w.Body.String())
		require.Equal(t, status, fake.Snapshot().Calls[0].Status)
		require.Equal(t, http.StatusNotFound, ask(h, http.MethodPost, "/rest-api/call/"+path, `{"callId":"none"}`).Code)
		require.Equal(t, http.StatusBadRequest, ask(h, http.MethodPost, "/rest-api/call/"+path, `{}`).Code)
	}
}
