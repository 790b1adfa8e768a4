package rest

import (
	"context"
	"net/http"

	"callcast/gateway"
)

// startCall serves /rest-api/call/startup and its older form /RESTCall/call, which keeps the SIP identity in a
// "connection" object of its own. Success has an empty body: the pages of WCS take any body for an array of calls.
func (s *service) startCall(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	spec, err := callSpec(f)
	if err != nil {
		return err
	}
	return done(w, s.api.StartCall(r.Context(), spec))
}

func callSpec(f *fields) (gateway.CallSpec, error) {
	f.lift("connection")
	spec := gateway.CallSpec{
		ID:          f.text("callId"),
		Callee:      f.text("callee"),
		Account:     readAccount(f),
		Stream:      f.text("toStream"),
		RTMPURL:     gateway.Secret(f.text("rtmpUrl")),
		RTMPStream:  gateway.Secret(f.text("rtmpStream")),
		HasAudio:    f.flag("hasAudio", true),
		HasVideo:    f.flag("hasVideo", true),
		VisibleName: f.textOf("visibleName", "sipVisibleName"),
		AppKey:      f.text("appKey"),
		Custom:      f.object("custom"),
	}
	spec.Account.Register = f.flag("sipRegisterRequired", false)
	return spec, f.problem()
}

// findCalls answers with the calls that match every filter given.
func (s *service) findCalls(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	filter := callFilter{
		id:      f.text("callId"),
		callee:  f.text("callee"),
		rtmpURL: f.text("rtmpUrl"),
		status:  gateway.CallStatus(f.text("status")),
	}
	if err := f.problem(); err != nil {
		return err
	}
	return s.replyCalls(w, filter)
}

// findAllCalls needs no body, and ignores one.
func (s *service) findAllCalls(w http.ResponseWriter, _ *http.Request) error {
	return s.replyCalls(w, callFilter{})
}

func (s *service) replyCalls(w http.ResponseWriter, filter callFilter) error {
	var found []call
	for _, c := range s.api.Snapshot().Calls {
		if filter.matches(c) {
			found = append(found, callOf(c))
		}
	}
	if len(found) == 0 {
		return filter.nothing()
	}
	return reply(w, http.StatusOK, found)
}

// callFilter holds what a call must match; empty means anything.
type callFilter struct {
	id      string
	callee  string
	rtmpURL string
	status  gateway.CallStatus
}

// matches never finds a call that is over or being ended: pages poll and take "not found" for "finished".
func (f callFilter) matches(c gateway.Call) bool {
	return !c.Status.Ended() && c.Ending.Reason == "" &&
		(f.id == "" || f.id == c.ID) &&
		(f.callee == "" || f.callee == c.Callee) &&
		(f.rtmpURL == "" || f.rtmpURL == c.RTMPURL.Reveal()) &&
		(f.status == "" || f.status == c.Status)
}

func (f callFilter) nothing() error {
	return &gateway.Error{
		Code: gateway.CodeNotFound, Reason: gateway.ReasonCallNotFound, Field: "callId", Value: f.id,
		Message: "no live call matches the request.",
	}
}

func (s *service) terminateCall(w http.ResponseWriter, r *http.Request) error {
	return forOne(w, r, "callId", s.api.EndCall)
}

func (s *service) holdCall(w http.ResponseWriter, r *http.Request) error {
	return forOne(w, r, "callId", func(ctx context.Context, id string) error { return s.api.HoldCall(ctx, id, true) })
}

func (s *service) unholdCall(w http.ResponseWriter, r *http.Request) error {
	return forOne(w, r, "callId", func(ctx context.Context, id string) error { return s.api.HoldCall(ctx, id, false) })
}

func (s *service) sendDTMF(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	id := f.required("callId")
	dtmf := gateway.DTMF{Digits: f.text("dtmf"), Type: gateway.DTMFType(f.text("type"))}
	if err := f.problem(); err != nil {
		return err
	}
	return done(w, s.api.SendDTMF(r.Context(), id, dtmf))
}
