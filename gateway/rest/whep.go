package rest

import (
	"net/http"

	"callcast/gateway"
)

// startWatching serves POST /whep/{stream}: an offer in, an answer out.
func (s *service) startWatching(w http.ResponseWriter, r *http.Request) error {
	offer, err := readSDP(w, r)
	if err != nil {
		return err
	}
	name := r.PathValue("stream")
	answer, err := s.api.Play(r.Context(), gateway.PlaySpec{Stream: name, Offer: offer})
	if err != nil {
		return err
	}
	return created(w, "/whep/", name, answer)
}
