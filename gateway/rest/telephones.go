package rest

import (
	"context"
	"net/http"

	"callcast/gateway"
)

// answerCall takes a call that rings here.
func (s *service) answerCall(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	spec := gateway.AnswerSpec{
		CallID:     f.required("callId"),
		Stream:     f.text("toStream"),
		RTMPURL:    gateway.Secret(f.text("rtmpUrl")),
		RTMPStream: gateway.Secret(f.text("rtmpStream")),
	}
	if err := f.problem(); err != nil {
		return err
	}
	return done(w, s.api.AnswerCall(r.Context(), spec))
}

func (s *service) transferCall(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	spec := gateway.TransferSpec{CallID: f.required("callId"), Target: f.text("target"), Replaces: f.text("replacesCallId")}
	if err := f.problem(); err != nil {
		return err
	}
	return done(w, s.api.TransferCall(r.Context(), spec))
}

func (s *service) muteCall(w http.ResponseWriter, r *http.Request) error {
	return forOne(w, r, "callId", func(ctx context.Context, id string) error { return s.api.MuteCall(ctx, id, true) })
}

func (s *service) unmuteCall(w http.ResponseWriter, r *http.Request) error {
	return forOne(w, r, "callId", func(ctx context.Context, id string) error { return s.api.MuteCall(ctx, id, false) })
}
