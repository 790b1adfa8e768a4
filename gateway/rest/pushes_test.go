package rest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestPushStartup(t *testing.T) {
	bareAnd := func(change func(*gateway.PushSpec)) gateway.PushSpec {
		spec := gateway.PushSpec{Stream: "s", URL: "rtmp://h/live"}
		change(&spec)
		return spec
	}
	const reply = `{"mediaSessionId":"push-1","streamName":"rtmp_s","rtmpUrl":"rtmp://h/live","width":0,"height":0,
		"muted":false,"soundEnabled":false,"options":{},"rtmpStreamStatus":"RTMP_STREAM_ACTIVE","rtmpProblem":null}`
	for name, tc := range map[string]struct {
		body  string
		want  gateway.PushSpec
		reply string
	}{
		"as the pages send it": {
			body:  `{"streamName":"s","rtmpUrl":"rtmp://h/live","options":{}}`,
			want:  bareAnd(func(*gateway.PushSpec) {}),
			reply: reply,
		},
		"without options": {
			body:  `{"streamName":"s","rtmpUrl":"rtmp://h/live","rtmpTransponderFullUrl":"","rtmpFlashVersion":null,"x":[1]}`,
			want:  bareAnd(func(*gateway.PushSpec) {}),
			reply: reply,
		},
		"muted": {
			body: `{"streamName":"s","rtmpUrl":"rtmp://h/live","options":{"action":"mute"}}`,
			want: bareAnd(func(s *gateway.PushSpec) { s.Muted = true }),
			reply: `{"mediaSessionId":"push-1","streamName":"rtmp_s","rtmpUrl":"rtmp://h/live","width":0,"height":0,
				"muted":true,"soundEnabled":false,"options":{"action":"mute"},"rtmpStreamStatus":"RTMP_STREAM_ACTIVE","rtmpProblem":null}`,
		},
		"with a sound": {
			body: `{"streamName":"s","rtmpUrl":"rtmp://h/live","options":{"action":"sound_on","soundFile":"sample.wav","loop":"true"}}`,
			want: bareAnd(func(s *gateway.PushSpec) { s.Sound = gateway.Sound{File: "sample.wav", Loop: true} }),
			reply: `{"mediaSessionId":"push-1","streamName":"rtmp_s","rtmpUrl":"rtmp://h/live","width":0,"height":0,"muted":false,
				"soundEnabled":true,"options":{"action":"sound_on","soundFile":"sample.wav","loop":true},
				"rtmpStreamStatus":"RTMP_STREAM_ACTIVE","rtmpProblem":null}`,
		},
		"to a full URL": {
			body: `{"streamName":"s","rtmpUrl":"rtmp://h/live/key","rtmpTransponderFullUrl":"true","rtmpFlashVersion":"LNX 76.219.189.0"}`,
			want: gateway.PushSpec{Stream: "s", URL: "rtmp://h/live/key", FullURL: true, FlashVersion: "LNX 76.219.189.0"},
			reply: `{"mediaSessionId":"push-1","streamName":"rtmp_s","rtmpUrl":"rtmp://h/live/key","width":0,"height":0,
				"muted":false,"soundEnabled":false,"options":{},"rtmpStreamStatus":"RTMP_STREAM_ACTIVE","rtmpProblem":null}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake := gatewaytest.New()
			fake.SetStream(gateway.Stream{Name: "s"})
			w := ask(handlerOf(fake), http.MethodPost, "/rest-api/push/startup", tc.body)
			require.Equal(t, http.StatusOK, w.Code, w.Body)
			require.JSONEq(t, tc.reply, w.Body.String())
			require.Equal(t, []gateway.PushSpec{tc.want}, fake.Pushed())
		})
	}
}

func TestPushesThatAreRefused(t *testing.T) {
	fake := gatewaytest.New()
	fake.SetStream(gateway.Stream{Name: "s"})
	h := handlerOf(fake)
	require.Equal(t, http.StatusOK, ask(h, http.MethodPost, "/rest-api/push/startup", `{"streamName":"s","rtmpUrl":"rtmp://h/live"}`).Code)
	for _, tc := range []struct {
		path, body string
		status     int
		reason     string
		message    string
	}{
		{"startup", `{"rtmpUrl":"rtmp://h/live"}`, 400, gateway.ReasonRequired, "streamName is missing"},
		{"startup", `{"streamName":"s"}`, 400, gateway.ReasonRequired, "rtmpUrl is missing"},
		{"startup", `{"streamName":"s","rtmpUrl":{}}`, 400, reasonType, "rtmpUrl is an object"},
		{"startup", `{"streamName":"s","rtmpUrl":"u","rtmpTransponderFullUrl":"maybe"}`, 400, reasonType, "rtmpTransponderFullUrl is a string"},
		{"startup", `{"streamName":"s","rtmpUrl":"u","options":"mute"}`, 400, reasonType, "options is a string"},
		{"startup", `{"streamName":"s","rtmpUrl":"u","options":{"action":"dance"}}`, 400, gateway.ReasonChoice, `action "dance": use mute or sound_on.`},
		{"startup", `{"streamName":"s","rtmpUrl":"u","options":{"action":"sound_on"}}`, 400, gateway.ReasonRequired, "soundFile is missing"},
		{"startup", `{"streamName":"none","rtmpUrl":"rtmp://h/live"}`, 404, gateway.ReasonStreamMissing, "none"},
		{"startup", `{"streamName":"s","rtmpUrl":"rtmp://h/live"}`, 409, gateway.ReasonPushExists, "pushed there already"},
		{"test", `{"streamName":"s"}`, 400, gateway.ReasonRequired, "rtmpUrl is missing"},
		{"find", `{"streamName":[]}`, 400, reasonType, "streamName is an array"},
		{"find", `{"streamName":"none"}`, 404, gateway.ReasonPushMissing, "no push matches"},
		{"terminate", `{}`, 400, gateway.ReasonRequired, "mediaSessionId is missing"},
		{"terminate", `{"mediaSessionId":"x"}`, 404, gateway.ReasonPushMissing, "x"},
		{"mute", `{}`, 400, gateway.ReasonRequired, "mediaSessionId is missing"},
		{"mute", `{"mediaSessionId":"x"}`, 404, gateway.ReasonPushMissing, "x"},
		{"unmute", ``, 400, gateway.ReasonRequired, "mediaSessionId is missing"},
		{"unmute", `{"mediaSessionId":"x"}`, 404, gateway.ReasonPushMissing, "x"},
		{"sound_on", `{"soundFile":"a.wav"}`, 400, gateway.ReasonRequired, "mediaSessionId is missing"},
		{"sound_on", `{"mediaSessionId":"push-1"}`, 400, gateway.ReasonRequired, "soundFile is missing"},
		{"sound_on", `{"mediaSessionId":"x","soundFile":"a.wav"}`, 404, gateway.ReasonPushMissing, "x"},
		{"sound_off", `{}`, 400, gateway.ReasonRequired, "mediaSessionId is missing"},
		{"sound_off", `{"mediaSessionId":"x"}`, 404, gateway.ReasonPushMissing, "x"},
	} {
		w := ask(h, http.MethodPost, "/rest-api/push/"+tc.path, tc.body)
		require.Equal(t, tc.status, w.Code, tc)
		require.Equal(t, tc.reason, faultIn(t, w)["reason"], tc)
		require.Contains(t, faultIn(t, w)["message"], tc.message, tc)
	}
	require.Len(t, fake.Snapshot().Pushes, 1)
}

func TestPushFind(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		require.Equal(t, http.StatusNotFound, ask(h, method, "/rest-api/push/find_all", "").Code)
	}
	fake.SetPush(gateway.Push{ID: "1", Stream: "a", Name: "rtmp_a", URL: "rtmp://h/1"})
	fake.SetPush(gateway.Push{ID: "2", Stream: "a", Name: "rtmp_a", URL: "rtmp://h/2"})
	fake.SetPush(gateway.Push{ID: "3", Stream: "b", Name: "key", URL: "rtmp://u:p@h/2/key"})
	fake.SetPush(gateway.Push{ID: "4", Stream: "c", Name: "live-c", URL: "rtmp://h/1"})
	for body, want := range map[string][]string{
		``:                             {"1", "2", "3", "4"},
		`{"streamName":"rtmp_a"}`:      {"1", "2"},
		`{"streamName":"a","other":7}`: {"1", "2"},
		`{"streamName":"rtmp_a","rtmpUrl":"rtmp://h/2"}`:    {"2"},
		`{"rtmpUrl":"rtmp://h/1"}`:                          {"1", "4"},
		`{"streamName":"rtmp_b"}`:                           {"3"},
		`{"streamName":"rtmp_c"}`:                           {"4"},
		`{"streamName":"live-c"}`:                           {"4"},
		`{"rtmpUrl":" rtmp://u:p@h/2/key "}`:                {"3"},
		`{"streamName":"rtmp_a","rtmpUrl":"rtmp://h/none"}`: nil,
	} {
		require.Equal(t, want, membersIn(t, ask(h, http.MethodPost, "/rest-api/push/find", body), "mediaSessionId"), body)
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		w := ask(h, method, "/rest-api/push/find_all", "")
		require.Equal(t, []string{"1", "2", "3", "4"}, membersIn(t, w, "mediaSessionId"))
		require.Equal(t, []string{"rtmp_a", "rtmp_a", "rtmp_b", "live-c"}, membersIn(t, w, "streamName"))
	}
}

// membersIn returns one member of each object of an answer, none for 404.
func membersIn(t *testing.T, w *httptest.ResponseRecorder, name string) []string {
	t.Helper()
	if w.Code == http.StatusNotFound {
		return nil
	}
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var objects []map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &objects))
	var values []string
	for _, o := range objects {
		values = append(values, o[name].(string))
	}
	return values
}

func TestPushVerbs(t *testing.T) {
	fake := gatewaytest.New()
	fake.SetPush(gateway.Push{ID: "7", Stream: "a"})
	h := handlerOf(fake)
	verb := func(path, body string) gateway.Push {
		w := ask(h, http.MethodPost, "/rest-api/push/"+path, body)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		require.Empty(t, w.Body.String())
		if pushes := fake.Snapshot().Pushes; len(pushes) > 0 {
			return pushes[0]
		}
		return gateway.Push{}
	}
	require.True(t, verb("mute", `{"mediaSessionId":7}`).Muted)
	require.False(t, verb("unmute", `{"mediaSessionId":"7"}`).Muted)
	require.Equal(t, gateway.Sound{File: "sample.wav"}, verb("sound_on", `{"mediaSessionId":"7","soundFile":"sample.wav","loop":false}`).Sound)
	require.Equal(t, gateway.Sound{File: "a.wav", Loop: true}, verb("sound_on", `{"mediaSessionId":"7","soundFile":"a.wav","loop":"true"}`).Sound)
	require.Equal(t, gateway.Sound{}, verb("sound_off", `{"mediaSessionId":"7"}`).Sound)
	require.Empty(t, verb("terminate", `{"mediaSessionId":"7"}`).ID)
}

func TestPushTest(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	const body = `{"streamName":"s","rtmpUrl":"rtmp://u:hunter2@h/live"}`
	w := ask(h, http.MethodPost, "/rest-api/push/test", body)
	require.Equal(t, http.StatusOK, w.Code)
	require.JSONEq(t, `{"target":"***","tookMs":1000,"said":"NetStream.Publish.Start"}`, w.Body.String())

	fake.RefuseFunc = func(string) error {
		return &gateway.Error{Code: gateway.CodeConflict, Reason: gateway.ReasonPushRefused, Message: "NetStream.Publish.BadName"}
	}
	w = ask(h, http.MethodPost, "/rest-api/push/test", body)
	require.Equal(t, http.StatusConflict, w.Code)
	require.Equal(t, "NetStream.Publish.BadName", faultIn(t, w)["message"])
}
