package rest

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"callcast/gateway"
)

// metrics tells the snapshot in Prometheus's text format, version 0.0.4.
func (s *service) metrics(w http.ResponseWriter, _ *http.Request) error {
	snap := s.api.Snapshot()
	var e exposition
	e.metric("callcast_build_info", "gauge", "The version that runs.")
	e.sample(1, "version", s.version)
	e.calls(snap.Calls)
	e.streams(snap.Streams)
	e.sinks(snap.Streams)
	e.sessions(snap.MediaSessions)
	e.pushes(snap.Pushes)
	e.pulls(snap.Pulls)
	e.registrations(snap.Registrations)
	e.metric("callcast_incoming_calls_refused_total", "counter", "Calls that came in and were not let ring.")
	e.sample(float64(snap.CallsRefused))
	e.metric("callcast_listener_up", "gauge", "Whether the gateway listens on a port it should.")
	for _, l := range snap.Listeners {
		e.sample(oneIf(l.Err == nil), "name", l.Name)
	}
	e.metric("callcast_listener_refused_total", "counter", "Connections and messages that were garbage, unwanted or too many.")
	for _, l := range snap.Listeners {
		e.sample(float64(l.Refused), "name", l.Name)
	}
	return send(w, http.StatusOK, "text/plain; version=0.0.4; charset=utf-8", e.Bytes())
}

// exposition is a metrics document being written.
type exposition struct {
	bytes.Buffer
	name string // of the metric whose samples follow
}

func (e *exposition) metric(name, kind, help string) {
	e.name = name
	fmt.Fprintf(e, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// sample writes one value of the current metric; labels are names and values in turn.
func (e *exposition) sample(value float64, labels ...string) {
	e.WriteString(e.name)
	for i := 0; i+1 < len(labels); i += 2 {
		e.WriteByte("{,"[min(i, 1)])
		fmt.Fprintf(e, `%s="%s"`, labels[i], labelValue(labels[i+1]))
	}
	if len(labels) > 0 {
		e.WriteByte('}')
	}
	fmt.Fprintf(e, " %v\n", value)
}

func labelValue(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}

// calls counts every status, those without calls too: a series that comes and goes cannot be alerted on.
func (e *exposition) calls(calls []gateway.Call) {
	byStatus, byPush := map[gateway.CallStatus]float64{}, map[gateway.RTMPStatus]float64{}
	for _, c := range calls {
		byStatus[c.Status]++
		byPush[c.RTMPStatus]++
	}
	e.metric("callcast_calls", "gauge", "Calls by status.")
	for _, status := range callStatuses() {
		e.sample(byStatus[status], "status", string(status))
	}
	e.metric("callcast_call_pushes", "gauge", "Calls with an RTMP push, by the status of the push.")
	for _, status := range rtmpStatuses() {
		e.sample(byPush[status], "status", string(status))
	}
}

func (e *exposition) streams(streams []gateway.Stream) {
	live := 0.0
	for _, s := range streams {
		live += oneIf(s.Live)
	}
	e.metric("callcast_streams", "gauge", "Streams that are published or reserved.")
	e.sample(float64(len(streams)))
	e.metric("callcast_streams_live", "gauge", "Streams that media arrives on.")
	e.sample(live)
	e.media(streams, "received_bytes_total", "counter", "Payload received.",
		func(m gateway.MediaStats) float64 { return float64(m.Bytes) })
	e.media(streams, "received_packets_total", "counter", "Packets received.",
		func(m gateway.MediaStats) float64 { return float64(m.Packets) })
	e.media(streams, "lost_packets_total", "counter", "Packets that never came.",
		func(m gateway.MediaStats) float64 { return float64(m.Lost) })
	e.media(streams, "discarded_packets_total", "counter", "Packets that were garbage or came from strangers.",
		func(m gateway.MediaStats) float64 { return float64(m.Discarded) })
	e.media(streams, "filled_frames_total", "counter", "Frames of silence or slate put into gaps.",
		func(m gateway.MediaStats) float64 { return float64(m.Filled) })
	e.media(streams, "damaged_pictures_total", "counter", "Pictures withheld because part of them was lost.",
		func(m gateway.MediaStats) float64 { return float64(m.Damaged) })
	e.media(streams, "jitter_seconds", "gauge", "Interarrival jitter.",
		func(m gateway.MediaStats) float64 { return m.JitterMS / 1000 })
	e.media(streams, "bits_per_second", "gauge", "Bit rate received.",
		func(m gateway.MediaStats) float64 { return float64(m.BitsPerSec) })
}

// media writes one value for each kind of media that a stream has.
func (e *exposition) media(streams []gateway.Stream, name, kind, help string, value func(gateway.MediaStats) float64) {
	e.metric("callcast_stream_"+name, kind, help)
	for _, s := range streams {
		if s.Audio.Codec != "" {
			e.sample(value(s.Audio), "stream", s.Name, "media", "audio")
		}
		if s.Video.Codec != "" {
			e.sample(value(s.Video), "stream", s.Name, "media", "video")
		}
	}
}

func (e *exposition) sinks(streams []gateway.Stream) {
	e.metric("callcast_sink_sent_bytes_total", "counter", "Bytes sent by a reader of a stream.")
	e.eachSink(streams, func(k gateway.Sink) float64 { return float64(k.Bytes) })
	e.metric("callcast_sink_dropped_units_total", "counter", "Frames a reader of a stream was too slow for.")
	e.eachSink(streams, func(k gateway.Sink) float64 { return float64(k.Dropped) })
}

func (e *exposition) eachSink(streams []gateway.Stream, value func(gateway.Sink) float64) {
	for _, s := range streams {
		for _, k := range s.Sinks {
			e.sample(value(k), "stream", s.Name, "sink", k.ID, "kind", string(k.Kind))
		}
	}
}

func (e *exposition) sessions(sessions []gateway.MediaSession) {
	e.metric("callcast_media_sessions", "gauge", "Browsers that publish or play, by status.")
	for _, kind := range []struct {
		name      string
		published bool
		statuses  []gateway.MediaStatus
	}{
		{"publish", true, []gateway.MediaStatus{gateway.MediaPending, gateway.MediaPublishing}},
		{"play", false, []gateway.MediaStatus{gateway.MediaPending, gateway.MediaPlaying}},
	} {
		byStatus := map[gateway.MediaStatus]float64{}
		for _, m := range sessions {
			byStatus[m.Status] += oneIf(m.Published == kind.published)
		}
		for _, status := range kind.statuses {
			e.sample(byStatus[status], "kind", kind.name, "status", string(status))
		}
	}
}

func (e *exposition) pushes(pushes []gateway.Push) {
	byStatus := map[gateway.RTMPStatus]float64{}
	for _, p := range pushes {
		byStatus[p.Status]++
	}
	e.metric("callcast_pushes", "gauge", "Pushes beside those of calls, by status.")
	for _, status := range rtmpStatuses() {
		e.sample(byStatus[status], "status", string(status))
	}
}

func (e *exposition) pulls(pulls []gateway.Pull) {
	byStatus := map[gateway.PullStatus]float64{}
	for _, p := range pulls {
		byStatus[p.Status]++
	}
	e.metric("callcast_pulls", "gauge", "Streams fetched from other servers, by status.")
	for _, status := range pullStatuses() {
		e.sample(byStatus[status], "status", string(status))
	}
}

func (e *exposition) registrations(registrations []gateway.Registration) {
	byStatus := map[gateway.RegistrationStatus]float64{}
	for _, r := range registrations {
		byStatus[r.Status]++
	}
	e.metric("callcast_registrations", "gauge", "Accounts that are kept registered, by status.")
	for _, status := range []gateway.RegistrationStatus{gateway.RegistrationPending, gateway.RegistrationUp, gateway.RegistrationFailed} {
		e.sample(byStatus[status], "status", string(status))
	}
}

func callStatuses() []gateway.CallStatus {
	return []gateway.CallStatus{
		gateway.CallNew, gateway.CallPending, gateway.CallTrying, gateway.CallRing, gateway.CallRingMedia,
		gateway.CallSessionProgress, gateway.CallEstablished, gateway.CallHold, gateway.CallBusy, gateway.CallFailed,
		gateway.CallFinish,
	}
}

func rtmpStatuses() []gateway.RTMPStatus {
	return []gateway.RTMPStatus{gateway.RTMPWait, gateway.RTMPActive, gateway.RTMPLost, gateway.RTMPFailed}
}

func pullStatuses() []gateway.PullStatus {
	return []gateway.PullStatus{gateway.PullPending, gateway.PullConnected, gateway.PullRunning, gateway.PullFailed}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
