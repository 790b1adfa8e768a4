package rest

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"

	"callcast/gateway"
)

const sdpType = "application/sdp"

// startWatching serves POST /whep/{stream}: an offer in, an answer out. The answer is complete, so nothing follows:
// PATCH is refused, and a browser that wants other candidates posts a new offer.
func (s *service) startWatching(w http.ResponseWriter, r *http.Request) error {
	offer, err := readSDP(w, r)
	if err != nil {
		return err
	}
	name := r.PathValue("stream")
	viewing, err := s.api.Play(r.Context(), gateway.PlaySpec{Stream: name, Offer: offer})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Location", "/whep/"+url.PathEscape(name)+"/"+url.PathEscape(viewing.ID))
	h.Set("ETag", `"`+viewing.ID+`"`)
	h.Set("Access-Control-Expose-Headers", "Location, ETag")
	return send(w, http.StatusCreated, sdpType, []byte(viewing.Answer))
}

// stopWatching serves DELETE on what startWatching made.
func (s *service) stopWatching(w http.ResponseWriter, r *http.Request) error {
	if err := s.api.EndMediaSession(r.Context(), r.PathValue("viewing"), gateway.InfoByUser); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func readSDP(w http.ResponseWriter, r *http.Request) (string, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != sdpType {
		return "", &statusError{http.StatusUnsupportedMediaType, "send the offer as " + sdpType + "."}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return "", &statusError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the offer is longer than %d KiB.", maxBody>>10)}
	}
	if err != nil {
		return "", &statusError{http.StatusBadRequest, "the offer did not arrive whole."}
	}
	return string(body), nil
}
