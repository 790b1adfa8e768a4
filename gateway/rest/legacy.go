package rest

import "net/http"

// callStatus serves /RESTCall/getStatus. The first pages of WCS show a plain text as the status of their call, and
// ignore JSON.
func (s *service) callStatus(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	filter := callFilter{id: f.required("callId")}
	if err := f.problem(); err != nil {
		return err
	}
	for _, c := range s.api.Snapshot().Calls {
		if filter.matches(c) {
			return send(w, http.StatusOK, "text/plain; charset=utf-8", []byte(c.Status))
		}
	}
	return filter.nothing()
}
