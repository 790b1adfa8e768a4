package rest

import (
	"net/http"

	"callcast/gateway"
)

// startPublishing serves POST /whip/{stream} (RFC 9725): what the browser sends becomes the stream. A bearer token is
// not looked at, as the rest of the interface has none either.
func (s *service) startPublishing(w http.ResponseWriter, r *http.Request) error {
	offer, err := readSDP(w, r)
	if err != nil {
		return err
	}
	name := r.PathValue("stream")
	answer, err := s.api.Publish(r.Context(), gateway.PublishSpec{Stream: name, Offer: offer})
	if err != nil {
		return err
	}
	return created(w, "/whip/", name, answer)
}
