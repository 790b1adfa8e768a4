package rest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"callcast/gateway"
)

// statistics serves GET /?action=stat: blocks of key=value under a header, or with format=json one object for each
// group. The groups and keys are those of WCS that a snapshot can fill.
func (s *service) statistics(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	if query.Get("action") != "stat" {
		return noSuchPath(r.URL.Path)
	}
	groups := statGroups(s.api.Snapshot())
	if wanted := query.Get("groups"); wanted != "" {
		names := strings.Split(wanted, ",")
		groups = slices.DeleteFunc(groups, func(g statGroup) bool { return !slices.Contains(names, g.name) })
	}
	if query.Get("format") == "json" {
		return reply(w, http.StatusOK, statObject(groups))
	}
	return send(w, http.StatusOK, "text/plain; charset=utf-8", statText(groups))
}

type statGroup struct {
	name   string // as asked for in groups=
	header string
	values []statValue
}

type statValue struct {
	key   string
	value int
}

func statGroups(snap gateway.Snapshot) []statGroup {
	established, incoming := 0, 0
	for _, c := range snap.Calls {
		if c.Status == gateway.CallEstablished {
			established++
		}
		if c.Incoming {
			incoming++
		}
	}
	sources, sinks := map[gateway.SourceKind]int{}, map[gateway.SinkKind]int{}
	for _, st := range snap.Streams {
		sources[st.Source]++
		for _, k := range st.Sinks {
			sinks[k.Kind]++
		}
	}
	return []statGroup{
		{"call_stats", "Call Stats", []statValue{
			{"calls", len(snap.Calls)},
			{"calls_established", established},
			{"calls_in", incoming},
			{"calls_out", len(snap.Calls) - incoming},
		}},
		{"streams_stats", "Stream Stats", []statValue{
			{"streams_sip_in", sources[gateway.SourceSIP]},
			{"streams_rtmp_in", sources[gateway.SourceRTMP] + sources[gateway.SourcePull]},
			{"streams_rtmp_out", sinks[gateway.SinkRTMPPush] + sinks[gateway.SinkRTMPPlayer]},
			{"streams_webrtc_in", sources[gateway.SourceWebRTC]},
			{"streams_webrtc_out", sinks[gateway.SinkWebRTC]},
			{"streams_websocket_out", 0}, // nobody is sent media that way
			{"streams_viewers", sinks[gateway.SinkRTMPPlayer] + sinks[gateway.SinkWebRTC]},
		}},
	}
}

func statText(groups []statGroup) []byte {
	var b bytes.Buffer
	for _, g := range groups {
		fmt.Fprintf(&b, "-----%s---\n", g.header)
		for _, v := range g.values {
			fmt.Fprintf(&b, "%s=%d\n", v.key, v.value)
		}
	}
	return b.Bytes()
}

func statObject(groups []statGroup) map[string]map[string]int {
	object := map[string]map[string]int{}
	for _, g := range groups {
		values := map[string]int{}
		for _, v := range g.values {
			values[v.key] = v.value
		}
		object[g.name] = values
	}
	return object
}
