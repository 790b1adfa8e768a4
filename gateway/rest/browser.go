package rest

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"callcast/gateway"
)

const sdpType = "application/sdp"

// takesSDP tells the paths of browsers that publish and watch from the others.
func takesSDP(path string) bool {
	return strings.HasPrefix(path, "/whip/") || strings.HasPrefix(path, "/whep/")
}

// readSDP reads an offer.
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

// created answers an offer. The answer is complete, so nothing follows: PATCH is refused, and a browser that wants
// other candidates posts a new offer.
func created(w http.ResponseWriter, under, stream string, answer gateway.MediaAnswer) error {
	h := w.Header()
	h.Set("Location", under+url.PathEscape(stream)+"/"+url.PathEscape(answer.ID))
	h.Set("ETag", `"`+answer.ID+`"`)
	h.Set("Access-Control-Expose-Headers", "Location, ETag")
	return send(w, http.StatusCreated, sdpType, []byte(answer.Answer))
}

// endBrowser serves DELETE on what created made.
func (s *service) endBrowser(w http.ResponseWriter, r *http.Request) error {
	return done(w, s.api.EndMediaSession(r.Context(), r.PathValue("session"), gateway.InfoByUser))
}
