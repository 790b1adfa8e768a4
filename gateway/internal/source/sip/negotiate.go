package sip

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sdp"
)

const videoRate, audioRate, wideRate = 90000, 8000, 16000

// Offer is the description to call with. It is the same until the session is renegotiated.
func (s *Source) Offer() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.offer)
}

// Answer takes the other side's answer, early or final. It may be called again: what is told last holds. It fails if
// nothing is left that could be received.
func (s *Source) Answer(answer []byte) (sdp.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := sdp.ParseAnswer(s.offer, answer)
	if err != nil {
		return sdp.Answer{}, err
	}
	return a, s.apply(a)
}

// Reoffer answers a changed description of the other side. An empty one asks for an offer, which the next Answer is
// for (RFC 3261 section 14.2).
func (s *Source) Reoffer(offer []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	local := s.local
	local.Version++
	if len(bytes.TrimSpace(offer)) == 0 {
		s.local, s.offer = local, sdp.Offer(local)
		return bytes.Clone(s.offer), nil
	}
	answer, a, err := sdp.AnswerTo(offer, local)
	if err == nil && s.rekeyed(a) {
		local.Audio.Keys, local.Video.Keys = sdp.NewKeys(), sdp.NewKeys()
		answer, a, err = sdp.AnswerTo(offer, local)
	}
	if err != nil {
		return nil, err
	}
	before := s.local
	s.local = local
	if err := s.apply(a); err != nil {
		s.local = before
		return nil, err
	}
	return answer, nil
}

// OfferAnother is the description to call somebody else with, who is to take the other side's place; AnswerAnother follows
// if they do. Keys are not handed on: the other side knows them, and how far packets have been counted with them does not
// stand in a description.
func (s *Source) OfferAnother() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.local.Version++
	another := s.local
	if encrypts(another.SRTP) {
		another.Audio.Keys, another.Video.Keys = sdp.NewKeys(), sdp.NewKeys()
	}
	s.another = sdp.Offer(another)
	return bytes.Clone(s.another)
}

// AnswerAnother takes the answer of whom OfferAnother was for. From then on they are the other side. If it fails, all stays
// as it was.
func (s *Source) AnswerAnother(answer []byte) (sdp.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := sdp.ParseAnswer(s.another, answer)
	if err != nil {
		return sdp.Answer{}, err
	}
	if err := s.apply(a); err != nil {
		return a, err
	}
	s.offer = s.another
	return a, nil
}

// Hold returns the offer that holds the call, or takes it back, to which the other side's Answer is awaited. If there is
// none, undo lets all stay as it was.
func (s *Source) Hold(on bool) (offer []byte, undo func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, offered := s.local.Audio.Hold, s.offer
	hold := func(on bool) { s.local.Audio.Hold, s.local.Video.Hold = on, on }
	s.local.Version++
	hold(on)
	s.offer = sdp.Offer(s.local)
	return bytes.Clone(s.offer), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		hold(before)
		s.offer = offered
	}
}

// Held reports whether the other side takes nothing of what it could.
func (s *Source) Held() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return held(s.local.Audio, s.agreed.Audio) || held(s.local.Video, s.agreed.Video) && s.agreed.Audio == nil
}

func held(local sdp.MediaOffer, m *sdp.Media) bool {
	return m != nil && local.Send && !m.Direction.Send
}

// apply puts into effect what was agreed on, unless it is nothing: then all stays as it was.
func (s *Source) apply(a sdp.Answer) error {
	if a.Audio == nil && a.Video == nil {
		if s.agreed.Audio == nil && s.agreed.Video == nil {
			s.agreed = a // it is why the call does not come about
		}
		return refused(a.Refused)
	}
	if err := s.protect(a); err != nil {
		return err
	}
	s.agreed = a
	s.audio.negotiated(a.Audio)
	s.video.negotiated(a.Video)
	s.back.negotiated(a)
	s.reinjectLocked()
	connect(s.audioRTP, a.Audio, audioRates(a.Audio, s.local.Audio.Codecs))
	connect(s.videoRTP, a.Video, videoRates(a.Video, s.local.Video.Codecs))
	if !s.waits {
		s.aimLocked()
	}
	return nil
}

// Refused is what of the descriptions is not used: lines, and codecs of those that are.
func (s *Source) Refused() []gateway.MediaLine {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(s.agreed.Refused, s.agreed.Unused)
}

func refused(why []gateway.MediaLine) error {
	if len(why) == 0 {
		return errors.New("the description has no audio and no video")
	}
	var text []string
	for _, r := range why {
		text = append(text, r.String())
	}
	return errors.New("no media agreed: " + strings.Join(text, "; "))
}

func connect(session *rtpio.Session, m *sdp.Media, rates map[uint8]int) {
	session.SetClockRates(rates)
	if m == nil {
		return
	}
	session.SetFeedback(rtpio.Feedback{PLI: m.Feedback.PLI, FIR: m.Feedback.FIR, NACK: m.Feedback.NACK})
}

// Confirm says that the other side has had our description, and so is where its own came from.
func (s *Source) Confirm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.waits {
		return
	}
	s.waits = false
	s.aimLocked()
	s.back.showKey()
}

// aimLocked sends to where the other side has asked for it, and asks for the first picture there.
func (s *Source) aimLocked() {
	if m := s.agreed.Audio; m != nil {
		s.audioRTP.SetRemote(m.RTP, m.RTCP)
	}
	m := s.agreed.Video
	if m != nil {
		s.videoRTP.SetRemote(m.RTP, m.RTCP)
	}
	if m != nil && m.Direction.Receive {
		s.wantKey()
	} else {
		s.keys.got()
	}
}

// offeredRates are the payload types that codecs are offered by, and their clocks.
func offeredRates(codecs []media.Codec) map[uint8]int {
	rates := map[uint8]int{}
	for _, p := range append(sdp.Offered(codecs), sdp.OfferedEvents(codecs)...) {
		rates[p.Type] = p.ClockRate
	}
	return rates
}

// audioRates are the payload types that may come in. Beside those of the answer they are those of the offer: the other
// side may number what it sends by either (RFC 3264 section 5.1 against what telephones do).
func audioRates(m *sdp.Media, codecs []media.Codec) map[uint8]int {
	if m == nil {
		return nil
	}
	rates := offeredRates(codecs)
	for _, p := range m.Payloads {
		rates[p.Type] = p.ClockRate
	}
	if m.DTMF != nil {
		rates[m.DTMF.Type] = m.DTMF.ClockRate
	}
	return rates
}

func videoRates(m *sdp.Media, codecs []media.Codec) map[uint8]int {
	if m == nil {
		return nil
	}
	rates := offeredRates(codecs)
	for _, p := range m.Payloads {
		rates[p.Type] = p.ClockRate
	}
	return rates
}

// payloadTypes are the codecs of the payload types that may come in.
func payloadTypes(m *sdp.Media, codecs []media.Codec) map[uint8]media.Codec {
	types := map[uint8]media.Codec{}
	for _, p := range sdp.Offered(codecs) {
		types[p.Type] = p.Codec
	}
	if m != nil {
		for _, p := range m.Payloads {
			types[p.Type] = p.Codec
		}
		if m.DTMF != nil {
			delete(types, m.DTMF.Type) // whatever it was offered for
		}
	}
	return types
}

// eventTypes are the payload types by which keys may come in.
func eventTypes(m *sdp.Media, codecs []media.Codec) map[uint8]bool {
	types := map[uint8]bool{}
	for _, p := range sdp.OfferedEvents(codecs) {
		types[p.Type] = true
	}
	if m != nil && m.DTMF != nil {
		types[m.DTMF.Type] = true
	}
	return types
}
