package rest

import "net/http"

// findAllMixers answers that there are none: pages of WCS ask again and again.
func (s *service) findAllMixers(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, []struct{}{})
}

func (s *service) refuseMixer(http.ResponseWriter, *http.Request) error {
	return &statusError{
		status: http.StatusNotImplemented,
		text:   "there is no mixer: send one stream into the call with /rest-api/call/inject_stream/startup.",
	}
}
