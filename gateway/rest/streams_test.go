package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

// onAir has a call that is watched, a reserved stream, a fetched one, and a browser that publishes and is watched.
func onAir() *gatewaytest.Fake {
	fake := gatewaytest.New()
	at := time.UnixMilli(1616730493789)
	fake.SetStream(gateway.Stream{
		ID: "c1", Name: "call", Source: gateway.SourceSIP, CallID: "c1", Live: true, Created: at,
		Audio: gateway.MediaStats{Codec: "PCMA", BitsPerSec: 64000, Lost: 3},
		Video: gateway.MediaStats{Codec: "H264", BitsPerSec: 800_000, Width: 640, Height: 360, FPS: 24.5, Lost: 2, KeyRequests: 9},
		Tracks: []gateway.Track{
			{Kind: "video", Codec: "H264", Readers: 2},
			{Kind: "audio", Codec: "AAC", From: "PCMA", Why: "RTMP takes no PCMA", Readers: 1, CPUPercent: 0.5},
		},
	})
	fake.SetStream(gateway.Stream{ID: "r1", Name: "reserved", Source: gateway.SourceRTMP, Created: at})
	fake.SetStream(gateway.Stream{ID: "p1", Name: "fetched", Source: gateway.SourcePull, Live: true, Created: at})
	fake.SetStream(gateway.Stream{ID: "b1", Name: "browser", Source: gateway.SourceWebRTC, Live: true, Created: at})
	fake.SetSession(gateway.MediaSession{ID: "b1", Stream: "browser", Published: true, Status: gateway.MediaPublishing, Created: at})
	fake.SetSession(gateway.MediaSession{
		ID: "v1", Stream: "call", Status: gateway.MediaPlaying, HasAudio: true, HasVideo: true, Width: 640, Height: 360, Created: at,
		Viewer: gateway.ViewerStats{State: gateway.ViewerPlaying, NACKs: 4, KeyRequests: 1},
	})
	fake.SetSession(gateway.MediaSession{ID: "v2", Stream: "browser", Status: gateway.MediaPending, HasAudio: true, Created: at})
	fake.SetSession(gateway.MediaSession{ID: "gone", Stream: "call", Status: gateway.MediaStopped, Created: at})
	return fake
}

func TestStreamObject(t *testing.T) {
	h := handlerOf(onAir())
	golden(t, "streams.json", indented(t, ask(h, http.MethodGet, "/rest-api/stream/find_all", "").Body.Bytes()))
	golden(t, "streams_metrics.json", indented(t,
		ask(h, http.MethodPost, "/rest-api/stream/find", `{"name":"call","display":["metrics"]}`).Body.Bytes()))
}

func indented(t *testing.T, body []byte) []byte {
	t.Helper()
	var shown bytes.Buffer
	require.NoError(t, json.Indent(&shown, body, "", "  "))
	return append(shown.Bytes(), '\n')
}

func TestStreamFind(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		w := ask(handlerOf(gatewaytest.New()), method, "/rest-api/stream/find_all", "")
		require.Equal(t, http.StatusNotFound, w.Code)
		require.Equal(t, gateway.ReasonStreamMissing, faultIn(t, w)["reason"])
	}
	h := handlerOf(onAir())
	all := []string{"c1", "r1", "p1", "b1", "v1", "v2"}
	for body, want := range map[string][]string{
		``:                               all,
		`{"published":"","x":[]}`:        all,
		`{"mediaSessionId":"v1"}`:        {"v1"},
		`{"mediaSessionId":"gone"}`:      nil,
		`{"name":"browser"}`:             {"b1", "v2"},
		`{"published":true}`:             {"c1", "r1", "p1", "b1"},
		`{"published":"false"}`:          {"v1", "v2"},
		`{"status":"PENDING"}`:           {"r1", "v2"},
		`{"name":"none","display":"x"}`:  nil,
		`{"name":"call","display":null}`: {"c1", "v1"},
	} {
		w := ask(h, http.MethodPost, "/rest-api/stream/find", body)
		require.Equal(t, want, membersIn(t, w, "mediaSessionId"), body)
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		require.Equal(t, all, membersIn(t, ask(h, method, "/rest-api/stream/find_all", ""), "mediaSessionId"))
	}
	for _, body := range []string{`{"display":[1]}`, `{"display":{}}`, `{"mediaSessionIds":[{}]}`, `{"name":[]}`, `{"published":1}`} {
		w := ask(h, http.MethodPost, "/rest-api/stream/find", body)
		require.Equal(t, http.StatusBadRequest, w.Code, body)
		require.Equal(t, reasonType, faultIn(t, w)["reason"], body)
	}
}

// endings keeps what was asked for, in order.
type endings struct {
	*gatewaytest.Fake
	asked []string
	err   error
}

func (e *endings) EndStream(ctx context.Context, name string) error {
	e.asked = append(e.asked, "stream "+name)
	return errors.Join(e.err, e.Fake.EndStream(ctx, name))
}

func (e *endings) EndMediaSession(ctx context.Context, id string, why gateway.MediaInfo) error {
	e.asked = append(e.asked, "session "+id+": "+string(why))
	return errors.Join(e.err, e.Fake.EndMediaSession(ctx, id, why))
}

func TestStreamTerminate(t *testing.T) {
	for body, want := range map[string][]string{
		`{"mediaSessionId":"c1"}`:                             {"stream call"},
		`{"mediaSessionId":"p1"}`:                             {"stream fetched"},
		`{"mediaSessionId":"b1"}`:                             {"session b1: Stopped by rest /terminate"},
		`{"mediaSessionId":"v1"}`:                             {"session v1: Stopped by rest /terminate"},
		`{"mediaSessionIds":["v2","c1","none"]}`:              {"session v2: Stopped by rest /terminate", "stream call"},
		`{"mediaSessionIds":"v2"}`:                            {"session v2: Stopped by rest /terminate"},
		`{"name":"call"}`:                                     {"session v1: Stopped by rest /terminate", "stream call"},
		`{"name":"call","status":"PUBLISHING","other":[]}`:    {"stream call"},
		`{"name":"call","published":"false"}`:                 {"session v1: Stopped by rest /terminate"},
		`{"mediaSessionIds":["c1","v1"],"status":"PLAYING"}`:  {"session v1: Stopped by rest /terminate"},
		`{"mediaSessionId":"c1","name":"call","status":null}`: {"stream call"},
	} {
		ends := &endings{Fake: onAir()}
		w := ask(handlerOf(ends), http.MethodPost, "/rest-api/stream/terminate", body)
		require.Equal(t, http.StatusOK, w.Code, body)
		require.Empty(t, w.Body.String())
		require.Equal(t, want, ends.asked, body)
	}
}

func TestStreamTerminateRefusals(t *testing.T) {
	for body, status := range map[string]int{
		``:                                      http.StatusBadRequest,
		`{}`:                                    http.StatusBadRequest,
		`{"mediaSessionIds":[]}`:                http.StatusBadRequest,
		`{"mediaSessionIds":[""]}`:              http.StatusBadRequest,
		`{"mediaSessionId":"","name":""}`:       http.StatusBadRequest,
		`{"status":"PUBLISHING"}`:               http.StatusBadRequest,
		`{"published":true}`:                    http.StatusBadRequest,
		`{"mediaSessionId":"none"}`:             http.StatusNotFound,
		`{"mediaSessionId":"gone"}`:             http.StatusNotFound,
		`{"name":"call","status":"PENDING"}`:    http.StatusNotFound,
		`{"name":"call","mediaSessionId":"b1"}`: http.StatusNotFound,
	} {
		ends := &endings{Fake: onAir()}
		w := ask(handlerOf(ends), http.MethodPost, "/rest-api/stream/terminate", body)
		require.Equal(t, status, w.Code, body)
		require.NotEmpty(t, faultIn(t, w)["message"])
		require.Empty(t, ends.asked, body)
	}
	// What has ended meanwhile is no fault, what cannot be ended is one, and the others are ended all the same.
	ends := &endings{Fake: onAir(), err: &gateway.Error{Code: gateway.CodeNotFound}}
	require.Equal(t, http.StatusOK, ask(handlerOf(ends), http.MethodPost, "/rest-api/stream/terminate", `{"name":"call"}`).Code)
	ends = &endings{Fake: onAir(), err: &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonStopping}}
	w := ask(handlerOf(ends), http.MethodPost, "/rest-api/stream/terminate", `{"name":"call"}`)
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Len(t, ends.asked, 2)
}
