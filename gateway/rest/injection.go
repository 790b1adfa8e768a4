package rest

import (
	"net/http"

	"callcast/gateway"
)

// injectStream serves /call/inject_stream/startup and its older form without /startup.
func (s *service) injectStream(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	call, stream := f.required("callId"), f.required("streamName")
	if err := f.problem(); err != nil {
		return err
	}
	return done(w, s.api.InjectStream(r.Context(), call, stream))
}

func (s *service) injectSound(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	call := f.required("callId")
	sound := gateway.Sound{File: f.required("fileName"), Loop: f.flag("loop", false)}
	if err := f.problem(); err != nil {
		return err
	}
	return done(w, s.api.InjectSound(r.Context(), call, sound))
}

func (s *service) endInjection(w http.ResponseWriter, r *http.Request) error {
	return forOne(w, r, "callId", s.api.EndInjection)
}

func (s *service) endSound(w http.ResponseWriter, r *http.Request) error {
	return forOne(w, r, "callId", s.api.EndSound)
}
