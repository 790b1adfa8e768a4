package rest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestPulling(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	w := ask(h, http.MethodPost, "/rest-api/pull/rtmp/pull", `{"uri":"rtmp://h/live/a","x":1}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.JSONEq(t, `{"localMediaSessionId":"pull-1","remoteMediaSessionId":null,"localStreamName":"rtmp://h/live/a",
		"remoteStreamName":null,"uri":"rtmp://h/live/a","status":"PENDING","hasAudio":false,"hasVideo":false,"record":false,
		"problem":null}`, w.Body.String())
	require.Equal(t, http.StatusOK, ask(h, http.MethodPost, "/rest-api/pull/rtmp/pull", `{"uri":"rtmp://h/live/b","localStreamName":7}`).Code)
	require.Equal(t, []gateway.PullSpec{{URI: "rtmp://h/live/a"}, {URI: "rtmp://h/live/b", Stream: "7"}}, fake.Pulled())

	for _, tc := range []struct {
		verb, body string
		status     int
		reason     string
	}{
		{"pull", `{}`, 400, gateway.ReasonRequired},
		{"pull", `{"uri":["rtmp://h/live/c"]}`, 400, reasonType},
		{"pull", `{"uri":"rtmp://h/live/a"}`, 409, gateway.ReasonPullExists},
		{"terminate", `{}`, 400, gateway.ReasonRequired},
		{"terminate", `{"uri":{}}`, 400, reasonType},
		{"terminate", `{"uri":"rtmp://h/live/c"}`, 404, gateway.ReasonPullMissing},
	} {
		w := ask(h, http.MethodPost, "/rest-api/pull/rtmp/"+tc.verb, tc.body)
		require.Equal(t, tc.status, w.Code, tc)
		require.Equal(t, tc.reason, faultIn(t, w)["reason"], tc)
	}
}

func TestPullsAreListedAndEnded(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		w := ask(h, method, "/rest-api/pull/rtmp/find_all", "")
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "[]", w.Body.String())
	}
	fake.SetPull(gateway.Pull{ID: "1", URI: "rtmp://h/live/a", Shown: "rtmp://h/live/a", Stream: "a", Status: gateway.PullRunning})
	fake.SetPull(gateway.Pull{
		ID: "2", URI: "rtmp://u:hunter2@h/live/b", Shown: "rtmp://h/live/b", Stream: "b", Status: gateway.PullFailed,
		Problem: "NetConnection.Connect.Rejected",
	})
	fake.SetStream(gateway.Stream{Name: "a", Source: gateway.SourcePull, Audio: gateway.MediaStats{Codec: "AAC"}})
	fake.SetStream(gateway.Stream{Name: "b", Source: gateway.SourceRTMP, Video: gateway.MediaStats{Codec: "H264"}}) // of another source
	const want = `[{"localMediaSessionId":"1","remoteMediaSessionId":null,"localStreamName":"a","remoteStreamName":null,
			"uri":"rtmp://h/live/a","status":"PROCESSED_REMOTE","hasAudio":true,"hasVideo":false,"record":false,"problem":null},
		{"localMediaSessionId":"2","remoteMediaSessionId":null,"localStreamName":"b","remoteStreamName":null,
			"uri":"rtmp://h/live/b","status":"FAILED","hasAudio":false,"hasVideo":false,"record":false,
			"problem":"NetConnection.Connect.Rejected"}]`
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		w := ask(h, method, "/rest-api/pull/rtmp/find_all", "")
		require.JSONEq(t, want, w.Body.String())
	}

	for _, body := range []string{`{"uri":"rtmp://h/live/a"}`, `{"localMediaSessionId":2,"uri":"rtmp://h/live/b"}`} {
		w := ask(h, http.MethodPost, "/rest-api/pull/rtmp/terminate", body)
		require.Equal(t, http.StatusOK, w.Code)
		require.Empty(t, w.Body.String())
	}
	require.Empty(t, fake.Snapshot().Pulls)
}

func TestNoMixer(t *testing.T) {
	h := handlerOf(gatewaytest.New())
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		w := ask(h, method, "/rest-api/mixer/find_all", "")
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "[]", w.Body.String())
	}
	for _, verb := range []string{"startup", "add", "remove", "terminate"} {
		w := ask(h, http.MethodPost, "/rest-api/mixer/"+verb, `{"uri":"mixer://m","localStreamName":"m"}`)
		require.Equal(t, http.StatusNotImplemented, w.Code)
		require.Equal(t, "not_supported", faultIn(t, w)["reason"])
		require.Contains(t, faultIn(t, w)["message"], "there is no mixer")
	}
}
