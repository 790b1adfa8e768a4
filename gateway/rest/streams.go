package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"callcast/gateway"
)

// findStreams answers with everybody who publishes or plays and matches every filter given.
func (s *service) findStreams(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	filter := readStreamFilter(f)
	metrics := slices.Contains(f.texts("display"), "metrics")
	if err := f.problem(); err != nil {
		return err
	}
	return s.replyStreams(w, filter, metrics)
}

// findAllStreams needs no body, and ignores one.
func (s *service) findAllStreams(w http.ResponseWriter, _ *http.Request) error {
	return s.replyStreams(w, streamFilter{}, false)
}

func (s *service) replyStreams(w http.ResponseWriter, filter streamFilter, metrics bool) error {
	found, err := s.streamsLike(filter, metrics)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, found)
}

func (s *service) streamsLike(filter streamFilter, metrics bool) ([]streaming, error) {
	found := slices.DeleteFunc(streamingsOf(s.api.Snapshot(), metrics), func(one streaming) bool { return !filter.matches(one) })
	if len(found) == 0 {
		return nil, &gateway.Error{
			Code: gateway.CodeNotFound, Reason: gateway.ReasonStreamMissing, Field: "name", Value: filter.name,
			Message: "nobody publishes or plays a stream like the request.",
		}
	}
	return found, nil
}

// terminateStreams ends everybody who matches. In WCS a request that names nobody ends all: here it is refused.
func (s *service) terminateStreams(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	filter := readStreamFilter(f)
	if len(filter.ids) == 0 && filter.name == "" {
		f.keep(&gateway.Error{
			Code: gateway.CodeInvalid, Reason: gateway.ReasonRequired, Field: "mediaSessionId",
			Message: "nothing says what to terminate: give mediaSessionId, mediaSessionIds or name.",
		})
	}
	if err := f.problem(); err != nil {
		return err
	}
	found, err := s.streamsLike(filter, false)
	if err != nil {
		return err
	}
	var failed []error
	for _, one := range slices.Backward(found) { // viewers first: each is told why
		failed = append(failed, s.end(r.Context(), one))
	}
	return done(w, errors.Join(failed...))
}

// end is content with one that has ended meanwhile, which the end of its publisher brings about.
func (s *service) end(ctx context.Context, one streaming) error {
	var err error
	if one.MediaProvider == providerBrowser {
		err = s.api.EndMediaSession(ctx, one.MediaSessionID, gateway.InfoByREST)
	} else {
		err = s.api.EndStream(ctx, one.Name)
	}
	if known, ok := errors.AsType[*gateway.Error](err); ok && known.Code == gateway.CodeNotFound {
		return nil
	}
	return err
}

// streamFilter holds what one must match; empty means anything.
type streamFilter struct {
	ids       []string // any of them
	name      string
	published *bool
	status    string
}

func readStreamFilter(f *fields) streamFilter {
	filter := streamFilter{
		ids: f.texts("mediaSessionIds"), name: f.text("name"), published: f.choice("published"), status: f.text("status"),
	}
	if id := f.text("mediaSessionId"); id != "" {
		filter.ids = append(filter.ids, id)
	}
	return filter
}

func (f streamFilter) matches(one streaming) bool {
	return (len(f.ids) == 0 || slices.Contains(f.ids, one.MediaSessionID)) &&
		(f.name == "" || f.name == one.Name) &&
		(f.published == nil || *f.published == one.Published) &&
		(f.status == "" || f.status == one.Status)
}
