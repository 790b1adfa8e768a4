package rest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestInjection(t *testing.T) {
	fake := gatewaytest.New()
	fake.SetCall(gateway.Call{ID: "a", Status: gateway.CallEstablished})
	fake.SetStream(gateway.Stream{Name: "music"})
	fake.SetStream(gateway.Stream{Name: "film"})
	h := handlerOf(fake)
	for _, tc := range []struct {
		path, body        string
		injected, playing string
	}{
		{"inject_stream", `{"callId":"a","streamName":"music","x":{}}`, "music", ""},
		{"inject_stream/startup", `{"callId":"a","streamName":"film"}`, "film", ""},
		{"inject_sound", `{"callId":"a","fileName":"sample.wav"}`, "film", "sample.wav"},
		{"inject_stream/terminate", `{"callId":"a"}`, "", "sample.wav"},
		{"inject_sound/terminate", `{"callId":"a"}`, "", ""},
	} {
		w := ask(h, http.MethodPost, "/rest-api/call/"+tc.path, tc.body)
		require.Equal(t, http.StatusOK, w.Code, tc)
		require.Empty(t, w.Body.String(), tc)
		now := fake.Snapshot().Calls[0]
		require.Equal(t, tc.injected, now.Injected, tc)
		require.Equal(t, tc.playing, now.Playing, tc)
		live := liveCallOf(now)
		require.Equal(t, nullable(tc.injected), live.Injected)
		require.Equal(t, nullable(tc.playing), live.Playing)
	}
}

func TestInjectionsThatAreRefused(t *testing.T) {
	fake := gatewaytest.New()
	fake.SetCall(gateway.Call{ID: "a", Status: gateway.CallEstablished})
	fake.SetStream(gateway.Stream{Name: "music"})
	h := handlerOf(fake)
	for _, tc := range []struct {
		path, body string
		reason     string
	}{
		{"inject_stream", `{"streamName":"music"}`, gateway.ReasonRequired},
		{"inject_stream/startup", `{"callId":"a"}`, gateway.ReasonRequired},
		{"inject_stream/startup", `{"callId":"none","streamName":"music"}`, gateway.ReasonCallNotFound},
		{"inject_stream/startup", `{"callId":"a","streamName":"none"}`, gateway.ReasonStreamMissing},
		{"inject_stream/terminate", `{}`, gateway.ReasonRequired},
		{"inject_stream/terminate", `{"callId":"none"}`, gateway.ReasonCallNotFound},
		{"inject_sound", `{"fileName":"a.wav"}`, gateway.ReasonRequired},
		{"inject_sound", `{"callId":"a"}`, gateway.ReasonRequired},
		{"inject_sound", `{"callId":"a","fileName":"a.wav","loop":3}`, reasonType},
		{"inject_sound", `{"callId":"none","fileName":"a.wav"}`, gateway.ReasonCallNotFound},
		{"inject_sound/terminate", `{}`, gateway.ReasonRequired},
		{"inject_sound/terminate", `{"callId":"none"}`, gateway.ReasonCallNotFound},
	} {
		w := ask(h, http.MethodPost, "/rest-api/call/"+tc.path, tc.body)
		want := http.StatusNotFound
		if tc.reason == gateway.ReasonRequired || tc.reason == reasonType {
			want = http.StatusBadRequest
		}
		require.Equal(t, want, w.Code, tc)
		require.Equal(t, tc.reason, faultIn(t, w)["reason"], tc)
	}

	fake.RefuseFunc = func(verb string) error {
		return &gateway.Error{Code: gateway.CodeConflict, Reason: gateway.ReasonNotUp, Message: verb}
	}
	for path, verb := range map[string]string{
		"inject_stream": "InjectStream", "inject_stream/startup": "InjectStream", "inject_sound": "InjectSound",
		"inject_stream/terminate": "EndInjection", "inject_sound/terminate": "EndSound",
	} {
		w := ask(h, http.MethodPost, "/rest-api/call/"+path, `{"callId":"a","streamName":"music","fileName":"a.wav"}`)
		require.Equal(t, http.StatusConflict, w.Code)
		require.Equal(t, verb, faultIn(t, w)["message"])
	}
}
