package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestUnknownPathsAndMethods(t *testing.T) {
	h := handlerOf(gatewaytest.New())
	for _, tc := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{http.MethodGet, "/rest-api/call/nothing", 404, ""},
		{http.MethodPost, "/rest-api/call/startup/", 404, ""},
		{http.MethodGet, "/", 404, ""},
		{http.MethodGet, "/?action=dance", 404, ""},
		{http.MethodGet, "/rest-api/call/startup", 405, "POST"},
		{http.MethodDelete, "/rest-api/call/find_all", 405, "GET, POST"},
		{http.MethodPost, "/healthz", 405, "GET"},
		{http.MethodHead, "/rest-api/call/find", 405, "POST"},
	} {
		w := ask(h, tc.method, tc.path, "")
		require.Equal(t, tc.status, w.Code, tc)
		require.Equal(t, tc.allow, w.Header().Get("Allow"), tc)
		f := faultIn(t, w)
		require.Len(t, f, 7)
		require.InDelta(t, tc.status, f["status"], 0)
	}
}

// TestPreflight asks the way a browser does before a page of another origin may send its request.
func TestPreflight(t *testing.T) {
	h := handlerOf(gatewaytest.New())
	for _, rt := range (&service{}).routes() {
		for _, method := range append(rt.methods, http.MethodPatch) {
			path := strings.NewReplacer("{stream}", "s", "{session}", "m", "{$}", "").Replace(rt.path)
			r := httptest.NewRequest(http.MethodOptions, path, nil)
			r.Header.Set("Origin", "https://pages.example")
			r.Header.Set("Access-Control-Request-Method", method)
			r.Header.Set("Access-Control-Request-Headers", "content-type,x-requested-with")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, http.StatusNoContent, w.Code)
			require.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"))
			require.Contains(t, strings.Split(w.Header().Get("Access-Control-Allow-Methods"), ", "), method)
			require.Equal(t, "content-type,x-requested-with", w.Header().Get("Access-Control-Allow-Headers"))
			require.Equal(t, takesSDP(path), w.Header().Get("Accept-Post") == "application/sdp", path)
		}
	}

	// Errors are for pages too.
	require.Equal(t, "*", ask(h, http.MethodPost, "/rest-api/call/find", `{}`).Header().Get("Access-Control-Allow-Origin"))
}

func TestPanicIsContained(t *testing.T) {
	fake := gatewaytest.New()
	fake.EndCallFunc = func(context.Context, string) error { panic("index out of range: s3cret") }
	h := handlerOf(fake)
	w := ask(h, http.MethodPost, "/rest-api/call/terminate", `{"callId":"1"}`)
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Equal(t, internalText, faultIn(t, w)["message"])
	require.NotContains(t, w.Body.String(), "s3cret")
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/healthz", "").Code)
}

func TestHealth(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	require.JSONEq(t, `{"status":"ok","version":"1.2.3"}`, ask(h, http.MethodGet, "/healthz", "").Body.String())

	fake.SetListener(gateway.Listener{Name: "sip", Setting: "sip_port", Address: "127.0.0.1:5060"})
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/readyz", "").Code)

	fake.SetListener(gateway.Listener{
		Name: "rtmp", Setting: "rtmp_port", Address: "127.0.0.1:1935",
		Err: &gateway.Error{Code: gateway.CodeUnavailable, Message: "change rtmp_port."},
	})
	w := ask(h, http.MethodGet, "/readyz", "")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.JSONEq(t, `{"status":"not ready","listeners":[
		{"name":"sip","setting":"sip_port","address":"127.0.0.1:5060","problem":null,"refused":0},
		{"name":"rtmp","setting":"rtmp_port","address":"127.0.0.1:1935","problem":"change rtmp_port.","refused":0}]}`, w.Body.String())
}

// TestOpenAPI holds the document and the routes together, both ways.
func TestOpenAPI(t *testing.T) {
	h := handlerOf(gatewaytest.New())
	var doc struct {
		Paths      map[string]map[string]any
		Components struct{ Schemas, Responses map[string]any }
	}
	w := ask(h, http.MethodGet, "/openapi.json", "")
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	var described, served []string
	for path, methods := range doc.Paths {
		for method := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	for _, r := range (&service{}).routes() {
		for _, method := range r.methods {
			served = append(served, method+" "+strings.TrimSuffix(r.path, "{$}"))
		}
	}
	require.ElementsMatch(t, served, described)

	for kind, known := range map[string]map[string]any{"schemas": doc.Components.Schemas, "responses": doc.Components.Responses} {
		for _, ref := range strings.Split(w.Body.String(), `"#/components/`+kind+`/`)[1:] {
			name, _, _ := strings.Cut(ref, `"`)
			require.Contains(t, known, name)
		}
	}
}

// TestOpenAPIObjects holds the objects that are described and those that are sent together.
func TestOpenAPIObjects(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any
				Required   []string
			}
		}
	}
	require.NoError(t, json.Unmarshal(openAPIDocument, &doc))
	for name, object := range map[string]any{
		"Call": call{}, "Push": push{}, "PushTest": pushTest{}, "Pull": pull{}, "Stream": streaming{}, "Metrics": figures{},
		"Track": track{}, "Fault": fault{}, "Registration": registration{}, "Ladder": ladder{}, "SIPMessage": sipMessage{},
		"Device": device{},
	} {
		body, err := encode(object)
		require.NoError(t, err)
		var sent map[string]any
		require.NoError(t, json.Unmarshal(body, &sent))
		schema := doc.Components.Schemas[name]
		require.ElementsMatch(t, slices.Collect(maps.Keys(sent)), slices.Collect(maps.Keys(schema.Properties)), name)
		require.ElementsMatch(t, slices.Collect(maps.Keys(sent)), schema.Required, name)
	}
}

func loaded() *gatewaytest.Fake {
	fake := gatewaytest.New()
	fake.SetCall(gateway.Call{ID: "a", Status: gateway.CallEstablished, RTMPStatus: gateway.RTMPActive})
	fake.SetCall(gateway.Call{ID: "b", Status: gateway.CallRing, Incoming: true})
	fake.SetStream(gateway.Stream{
		Name: `s"1\`, Source: gateway.SourceSIP, Live: true,
		Audio: gateway.MediaStats{Codec: "PCMA", Bytes: 160000, Packets: 1000, Lost: 3, JitterMS: 12},
		Video: gateway.MediaStats{Codec: "H264", Bytes: 5_000_000, BitsPerSec: 800_000},
		Sinks: []gateway.Sink{{ID: "p1", Kind: gateway.SinkRTMPPush, Bytes: 77, Dropped: 2}, {ID: "v1", Kind: gateway.SinkRTMPPlayer}},
	})
	fake.SetStream(gateway.Stream{Name: "reserved", Source: gateway.SourceRTMP})
	fake.SetStream(gateway.Stream{ID: "b1", Name: "b", Source: gateway.SourceWebRTC, Sinks: []gateway.Sink{{ID: "b2", Kind: gateway.SinkWebRTC}}})
	fake.SetStream(gateway.Stream{Name: "fetched", Source: gateway.SourcePull})
	fake.SetSession(gateway.MediaSession{ID: "b1", Stream: "b", Published: true, Status: gateway.MediaPublishing})
	fake.SetSession(gateway.MediaSession{ID: "b2", Stream: "b", Status: gateway.MediaPending})
	fake.SetSession(gateway.MediaSession{ID: "b3", Stream: "b", Status: gateway.MediaPlaying})
	fake.SetSession(gateway.MediaSession{ID: "b4", Stream: "b", Status: gateway.MediaPlaying})
	fake.SetPush(gateway.Push{ID: "push1", Status: gateway.RTMPActive})
	fake.SetPush(gateway.Push{ID: "push2", Status: gateway.RTMPFailed})
	fake.SetPull(gateway.Pull{ID: "pull1", Status: gateway.PullRunning})
	fake.SetRegistration(gateway.Registration{ID: "desk", Status: gateway.RegistrationUp})
	fake.SetListener(gateway.Listener{Name: "sip"})
	return fake
}

func TestMetrics(t *testing.T) {
	w := ask(handlerOf(loaded()), http.MethodGet, "/metrics", "")
	require.Equal(t, "text/plain; version=0.0.4; charset=utf-8", w.Header().Get("Content-Type"))
	golden(t, "metrics.txt", w.Body.Bytes())
}

func TestStatistics(t *testing.T) {
	h := handlerOf(loaded())
	require.Equal(t, "-----Call Stats---\ncalls=2\ncalls_established=1\ncalls_in=1\ncalls_out=1\n"+
		"-----Stream Stats---\nstreams_sip_in=1\nstreams_rtmp_in=2\nstreams_rtmp_out=2\nstreams_webrtc_in=1\n"+
		"streams_webrtc_out=1\nstreams_websocket_out=0\nstreams_viewers=2\n",
		ask(h, http.MethodGet, "/?action=stat", "").Body.String())
	require.JSONEq(t, `{"streams_stats":{"streams_sip_in":1,"streams_rtmp_in":2,"streams_rtmp_out":2,"streams_webrtc_in":1,
		"streams_webrtc_out":1,"streams_websocket_out":0,"streams_viewers":2}}`,
		ask(h, http.MethodGet, "/?action=stat&format=json&groups=streams_stats,port_stats", "").Body.String())
}

// TestStatusesAreComplete guards the metrics against a status that the contract gains.
func TestStatusesAreComplete(t *testing.T) {
	var enum struct {
		Components struct {
			Schemas struct {
				Call struct {
					Properties struct {
						Status           struct{ Enum []string }
						RTMPStreamStatus struct{ Enum []*string }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(openAPIDocument, &enum))
	properties := enum.Components.Schemas.Call.Properties
	require.Equal(t, fmt.Sprint(callStatuses()), fmt.Sprint(properties.Status.Enum))
	require.Len(t, properties.RTMPStreamStatus.Enum, len(rtmpStatuses())+1)
	require.Contains(t, callStatuses(), gateway.CallFinish)
}
