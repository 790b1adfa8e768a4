package rest

import (
	"net/http"

	"callcast/gateway"
)

func (s *service) startPull(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	spec := gateway.PullSpec{URI: gateway.Secret(f.required("uri")), Stream: f.text("localStreamName")}
	if err := f.problem(); err != nil {
		return err
	}
	started, err := s.api.StartPull(r.Context(), spec)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, pullOf(started, nil))
}

// findAllPulls answers with an empty list when there are none, unlike the other find_all: the page that polls it takes
// an error for a broken server.
func (s *service) findAllPulls(w http.ResponseWriter, _ *http.Request) error {
	now := s.api.Snapshot()
	found := make([]pull, 0, len(now.Pulls))
	for _, p := range now.Pulls {
		found = append(found, pullOf(p, now.Streams))
	}
	return reply(w, http.StatusOK, found)
}

// terminatePull takes the id as well: a URI with credentials is not shown as it was sent.
func (s *service) terminatePull(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	which := f.textOf("localMediaSessionId", "uri")
	if which == "" {
		f.required("uri")
	}
	if err := f.problem(); err != nil {
		return err
	}
	return done(w, s.api.EndPull(r.Context(), which))
}
