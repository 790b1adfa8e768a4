package rest

import (
	"context"
	"net/http"
	"strings"

	"callcast/gateway"
)

func (s *service) startPush(w http.ResponseWriter, r *http.Request) error {
	spec, err := readPush(w, r)
	if err != nil {
		return err
	}
	started, err := s.api.StartPush(r.Context(), spec)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, pushOf(started))
}

// pushTest is what a trial of a push told.
type pushTest struct {
	Target string `json:"target"`
	TookMS int64  `json:"tookMs"`
	Said   string `json:"said"`
}

// testPush serves /rest-api/push/test, which WCS does not have: the fields of a startup, tried without the stream.
func (s *service) testPush(w http.ResponseWriter, r *http.Request) error {
	spec, err := readPush(w, r)
	if err != nil {
		return err
	}
	test, err := s.api.TestPush(r.Context(), spec)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, pushTest{test.Target, test.Took.Milliseconds(), test.Said})
}

func readPush(w http.ResponseWriter, r *http.Request) (gateway.PushSpec, error) {
	f, err := readFields(w, r)
	if err != nil {
		return gateway.PushSpec{}, err
	}
	spec := gateway.PushSpec{
		Stream:       f.required("streamName"),
		URL:          gateway.Secret(f.required("rtmpUrl")),
		FullURL:      f.flag("rtmpTransponderFullUrl", false),
		FlashVersion: f.text("rtmpFlashVersion"),
	}
	options := f.inner("options")
	switch action := options.text("action"); action {
	case "":
	case "mute":
		spec.Muted = true
	case "sound_on":
		spec.Sound = gateway.Sound{File: options.required("soundFile"), Loop: options.flag("loop", false)}
	default:
		options.keep(gateway.Invalid(gateway.ReasonChoice, "action", action, "use mute or sound_on."))
	}
	if f.err == nil {
		f.err = options.err
	}
	return spec, f.problem()
}

// findPushes answers with the pushes that match every filter given.
func (s *service) findPushes(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	filter := pushFilter{name: f.text("streamName"), url: f.text("rtmpUrl")}
	if err := f.problem(); err != nil {
		return err
	}
	return s.replyPushes(w, filter)
}

// findAllPushes needs no body, and ignores one.
func (s *service) findAllPushes(w http.ResponseWriter, _ *http.Request) error {
	return s.replyPushes(w, pushFilter{})
}

func (s *service) replyPushes(w http.ResponseWriter, filter pushFilter) error {
	var found []push
	for _, p := range s.api.Snapshot().Pushes {
		if filter.matches(p) {
			found = append(found, pushOf(p))
		}
	}
	if len(found) == 0 {
		return &gateway.Error{
			Code: gateway.CodeNotFound, Reason: gateway.ReasonPushMissing, Field: "streamName", Value: filter.name,
			Message: "no push matches the request.",
		}
	}
	return reply(w, http.StatusOK, found)
}

// pushFilter holds what a push must match; empty means anything.
type pushFilter struct {
	name string // of the stream, with or without the prefix
	url  string
}

func (f pushFilter) matches(p gateway.Push) bool {
	return (f.name == "" || f.name == p.Stream || f.name == namePrefix+p.Stream || f.name == p.Name.Reveal()) &&
		(f.url == "" || strings.TrimSpace(f.url) == strings.TrimSpace(p.URL.Reveal()))
}

func (s *service) terminatePush(w http.ResponseWriter, r *http.Request) error {
	return forOne(w, r, "mediaSessionId", s.api.EndPush)
}

func (s *service) mutePush(w http.ResponseWriter, r *http.Request) error {
	return forOne(w, r, "mediaSessionId", func(ctx context.Context, id string) error { return s.api.MutePush(ctx, id, true) })
}

func (s *service) unmutePush(w http.ResponseWriter, r *http.Request) error {
	return forOne(w, r, "mediaSessionId", func(ctx context.Context, id string) error { return s.api.MutePush(ctx, id, false) })
}

func (s *service) pushSoundOn(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	id := f.required("mediaSessionId")
	sound := gateway.Sound{File: f.required("soundFile"), Loop: f.flag("loop", false)}
	if err := f.problem(); err != nil {
		return err
	}
	return done(w, s.api.PlayIntoPush(r.Context(), id, sound))
}

func (s *service) pushSoundOff(w http.ResponseWriter, r *http.Request) error {
	return forOne(w, r, "mediaSessionId", func(ctx context.Context, id string) error {
		return s.api.PlayIntoPush(ctx, id, gateway.Sound{})
	})
}
