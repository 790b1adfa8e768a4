package stream

import (
	"fmt"
	"slices"

	"callcast/gateway"
	"callcast/gateway/internal/media"
)

// choice is what a reader is given of one kind of media.
type choice struct {
	codec media.Codec
	why   string // it is converted; empty if the source's track is passed on
}

// choose picks the codec for a reader: the source's own where the reader takes it as it is, else the first that can be
// derived.
func (s *Stream) choose(r *Reader, source *track) (choice, bool) {
	kind := source.codec.Kind()
	accepted := r.params.accepted(kind)
	why := objection(r, source)
	asItCame := why == ""
	if asItCame && kind == media.Video && s.params.Transcode && r.params.Sink != gateway.SinkPreview {
		why = "disable_streaming_proxy is set"
	}
	if why != "" && s.params.Deriver != nil {
		i := slices.IndexFunc(accepted, func(to media.Codec) bool { return s.params.Deriver.Can(source.codec, to) })
		if i >= 0 {
			return choice{codec: accepted[i], why: why}, true
		}
	}
	return choice{codec: source.codec}, asItCame
}

// objection says why the source's track cannot be passed on to a reader, if it cannot.
func objection(r *Reader, source *track) string {
	kind := source.codec.Kind()
	switch {
	case !slices.Contains(r.params.accepted(kind), source.codec):
		return fmt.Sprintf("%s does not take %s", r.params.Sink, source.codec)
	case kind == media.Video && r.params.InOrder && source.reorders:
		return fmt.Sprintf("%s shows pictures in the order they come, and the source reorders them", r.params.Sink)
	}
	return ""
}

// Tracks is what the readers are given now.
func (s *Stream) Tracks() []gateway.Track {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []gateway.Track
	for kind, t := range s.source {
		if t != nil {
			all = append(all, gateway.Track{Kind: media.Kind(kind).String(), Codec: string(t.codec), Readers: t.consumers()})
		}
	}
	for _, t := range s.derived {
		kind := t.codec.Kind()
		all = append(all, gateway.Track{
			Kind: kind.String(), Codec: string(t.codec), From: string(s.source[kind].codec), Why: t.derived.why,
			Readers: t.consumers(), CPUPercent: t.derived.load.percent(),
		})
	}
	return all
}
