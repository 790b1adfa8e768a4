package sip

import (
	"context"
	"strings"

	"callcast/gateway/internal/codec/voice"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/playout"
	"callcast/gateway/internal/stream"
)

// injection is a stream that goes to the other side.
type injection struct {
	from  *stream.Stream
	live  bool // somebody talks in it
	ended func()
	takes takes
	stop  context.CancelFunc
}

// takes is what the other side is sent of a stream.
type takes struct {
	audio, video media.Codec // empty: none
}

// Inject sends audio and video of a stream to the other side, as far as the call sends them, in place of what was injected
// before. When the stream ends, what was sent without it comes back and ended is called; not if another injection, EndInjection or
// Close is first. ended may be nil, and must neither block nor call Close.
func (s *Source) Inject(from *stream.Stream, ended func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.injectLocked(from, ended)
}

// EndInjection lets what Talk sends come back, else silence and slate.
func (s *Source) EndInjection() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restLocked()
}

// Talk sends the other side audio and video of a stream that somebody talks in, as soon as they come and as long as there
// is no injection, in place of another that somebody talked in. While the call is held, it does not.
func (s *Source) Talk(from *stream.Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.talker = from
	if s.injected == nil || s.injected.live {
		s.restLocked()
	}
}

// restLocked sends what there is without an injection.
func (s *Source) restLocked() {
	switch {
	case s.talker == nil:
		s.endInjectionLocked()
		return
	case s.injected != nil && s.injected.live && s.injected.from == s.talker:
		return
	}
	s.beginLocked(&injection{from: s.talker, live: true})
}

func (s *Source) injectLocked(from *stream.Stream, ended func()) {
	s.beginLocked(&injection{from: from, ended: ended})
}

// beginLocked puts an injection in the place of what there is.
func (s *Source) beginLocked(in *injection) {
	s.endInjectionLocked()
	if s.closed {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	in.takes, in.stop = s.takesLocked(in.live), stop
	p := playout.New(playout.Params{
		Stream: in.from, Name: s.params.CNAME, Audio: in.takes.audio, Video: in.takes.video, Live: in.live,
	})
	s.injected = in
	s.back.inject(p)
	s.running.Go(func() {
		if p.Run(ctx) == nil {
			s.injectionEnded(in)
		}
	})
}

func (s *Source) endInjectionLocked() {
	if s.injected == nil {
		return
	}
	s.injected.stop()
	s.injected = nil
	s.back.inject(nil)
}

// injectionEnded is called when the stream has ended.
func (s *Source) injectionEnded(in *injection) {
	s.mu.Lock()
	current := s.injected == in
	if in.live && s.talker == in.from {
		s.talker = nil
	}
	if current {
		s.restLocked()
	}
	s.mu.Unlock()
	if current && in.ended != nil {
		in.ended()
	}
}

func (s *Source) takesLocked(live bool) takes {
	var t takes
	if live && s.local.Audio.Hold {
		return t
	}
	if m := s.agreed.Audio; m != nil && m.Direction.Send {
		t.audio = m.Payloads[0].Codec
	}
	if m := s.agreed.Video; m != nil && m.Direction.Send {
		t.video = m.Payloads[0].Codec
	}
	return t
}

// reinjectLocked begins an injection anew if what the other side takes has changed.
func (s *Source) reinjectLocked() {
	if in := s.injected; in != nil && in.takes != s.takesLocked(in.live) {
		s.beginLocked(&injection{from: in.from, live: in.live, ended: in.ended})
	}
}

// SoundRate is how many samples a second PlaySound is best given: what the codec of the call has room for.
func (s *Source) SoundRate() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.agreed.Audio; m != nil && voice.Format(m.Payloads[0].Codec, nil).SampleRate > audioRate {
		return wideRate
	}
	return audioRate
}

// PlaySound plays samples, of which there are as many a second as SoundRate said, to the other side, in place of any other
// sound but keys; again and again, or until they end and ended is called: not if another sound or EndSound is first. ended
// may be nil, and must neither block nor call Close. The samples must not be changed afterwards.
func (s *Source) PlaySound(pcm []int16, rate int, loop bool, ended func()) {
	s.back.play(&sound{samples: pcm, rate: rate, loop: loop, ended: ended})
}

// EndSound ends the sound that is played. The injected stream is heard again, or silence.
func (s *Source) EndSound() { s.back.play(nil) }

// SetMuted puts silence in place of all that is sent but keys, or takes it away.
func (s *Source) SetMuted(muted bool) { s.back.mute(muted) }

// ShowKeyframe sends the other side a key picture soon: it has asked for one. Of an injected stream it is asked for in
// turn.
func (s *Source) ShowKeyframe() { s.back.showKey() }

// maxMediaControl is more than any body that asks for a key picture.
const maxMediaControl = 4096

// TakeInfo acts on a SIP INFO of the other side, and reports whether it asks for a key picture (RFC 5168).
func (s *Source) TakeInfo(contentType string, body []byte) (known bool) {
	contentType, _, _ = strings.Cut(contentType, ";")
	if !strings.EqualFold(strings.TrimSpace(contentType), mediaControlType) || len(body) > maxMediaControl ||
		!strings.Contains(string(body), "picture_fast_update") {
		return false
	}
	s.ShowKeyframe()
	return true
}
