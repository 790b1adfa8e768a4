package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// route is one path and the methods it takes.
type route struct {
	path    string
	methods []string
	serve   endpoint
}

func onGet(path string, serve endpoint) route {
	return route{path, []string{http.MethodGet}, serve}
}

func onPost(path string, serve endpoint) route {
	return route{path, []string{http.MethodPost}, serve}
}

func onDelete(path string, serve endpoint) route {
	return route{path, []string{http.MethodDelete}, serve}
}

// onBoth is what WCS's own pages ask for by GET and its manual by POST.
func onBoth(path string, serve endpoint) route {
	return route{path, []string{http.MethodGet, http.MethodPost}, serve}
}

func (s *service) routes() []route {
	return slices.Concat(s.callRoutes(), s.telephoneRoutes(), s.streamRoutes(), s.browserRoutes(), []route{
		onGet("/rest-api/events", s.streamEvents),
		onGet("/events", s.streamEvents),
		onGet("/healthz", s.health),
		onGet("/readyz", s.ready),
		onGet("/metrics", s.metrics),
		onGet("/openapi.json", s.openAPI),
		onGet("/{$}", s.statistics),
	})
}

func (s *service) callRoutes() []route {
	return []route{
		onPost("/rest-api/call/startup", s.startCall),
		onPost("/rest-api/call/find", s.findCalls),
		onBoth("/rest-api/call/find_all", s.findAllCalls),
		onPost("/rest-api/call/terminate", s.terminateCall),
		onPost("/rest-api/call/send_dtmf", s.sendDTMF),
		onPost("/rest-api/call/hold", s.holdCall),
		onPost("/rest-api/call/unhold", s.unholdCall),
		onPost("/rest-api/call/inject_stream", s.injectStream),
		onPost("/rest-api/call/inject_stream/startup", s.injectStream),
		onPost("/rest-api/call/inject_stream/terminate", s.endInjection),
		onPost("/rest-api/call/inject_sound", s.injectSound),
		onPost("/rest-api/call/inject_sound/terminate", s.endSound),
		onPost("/RESTCall/call", s.startCall),
		onPost("/RESTCall/getStatus", s.callStatus),
		onPost("/RESTCall/getCalls", s.findAllCalls),
		onPost("/RESTCall/sendDTMF", s.sendDTMF),
		onPost("/RESTCall/hangup", s.terminateCall),
	}
}

// telephoneRoutes are Callcast's own: what a telephone does that WCS leaves to browsers.
func (s *service) telephoneRoutes() []route {
	return []route{
		onPost("/rest-api/call/answer", s.answerCall),
		onPost("/rest-api/call/transfer", s.transferCall),
		onPost("/rest-api/call/mute", s.muteCall),
		onPost("/rest-api/call/unmute", s.unmuteCall),
		onPost("/rest-api/call/use_devices", s.useDevices),
		onPost("/rest-api/call/ladder", s.callLadder),
		onPost("/rest-api/registration/startup", s.startRegistration),
		onPost("/rest-api/registration/terminate", s.terminateRegistration),
		onBoth("/rest-api/registration/find_all", s.findAllRegistrations),
		onBoth("/rest-api/device/find_all", s.findAllDevices),
	}
}

func (s *service) streamRoutes() []route {
	return []route{
		onPost("/rest-api/stream/find", s.findStreams),
		onBoth("/rest-api/stream/find_all", s.findAllStreams),
		onPost("/rest-api/stream/terminate", s.terminateStreams),
		onPost("/rest-api/push/startup", s.startPush),
		onPost("/rest-api/push/test", s.testPush),
		onPost("/rest-api/push/find", s.findPushes),
		onBoth("/rest-api/push/find_all", s.findAllPushes),
		onPost("/rest-api/push/terminate", s.terminatePush),
		onPost("/rest-api/push/mute", s.mutePush),
		onPost("/rest-api/push/unmute", s.unmutePush),
		onPost("/rest-api/push/sound_on", s.pushSoundOn),
		onPost("/rest-api/push/sound_off", s.pushSoundOff),
		onPost("/rest-api/pull/rtmp/pull", s.startPull),
		onBoth("/rest-api/pull/rtmp/find_all", s.findAllPulls),
		onPost("/rest-api/pull/rtmp/terminate", s.terminatePull),
		onBoth("/rest-api/mixer/find_all", s.findAllMixers),
		onPost("/rest-api/mixer/startup", s.refuseMixer),
		onPost("/rest-api/mixer/add", s.refuseMixer),
		onPost("/rest-api/mixer/remove", s.refuseMixer),
		onPost("/rest-api/mixer/terminate", s.refuseMixer),
	}
}

func (s *service) browserRoutes() []route {
	return []route{
		onPost("/whep/{stream}", s.startWatching),
		onDelete("/whep/{stream}/{session}", s.endBrowser),
		onPost("/whip/{stream}", s.startPublishing),
		onDelete("/whip/{stream}/{session}", s.endBrowser),
		onGet("/play/{stream}", s.player),
		onGet("/player/player.js", s.playerScript),
		onGet("/player/player.css", s.playerStyle),
	}
}

func (rt route) takes(method string) bool {
	return slices.Contains(rt.methods, method) ||
		method == http.MethodHead && slices.Contains(rt.methods, http.MethodGet)
}

// refusal says what to use in place of a method that rt does not take.
func (rt route) refusal(r *http.Request) error {
	text := fmt.Sprintf("method %s is not allowed for %s: use %s.", r.Method, r.URL.Path, strings.Join(rt.methods, " or "))
	if r.Method == http.MethodPatch && takesSDP(r.URL.Path) {
		text += " No candidates need to be sent: the gateway's address is in the answer, and it learns the browser's by itself."
	}
	return &statusError{status: http.StatusMethodNotAllowed, text: text}
}
