package sip

import (
	"bytes"
	"errors"

	"callcast/gateway"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sdp"
)

// encrypts tells whether media may come out encrypted, and so none flows before that is settled.
func encrypts(p gateway.SRTPPolicy) bool {
	return p == gateway.SRTPOptional || p == gateway.SRTPRequired
}

// Encrypted reports whether all media of the call is SRTP, both ways.
func (s *Source) Encrypted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.agreed.Audio != nil || s.agreed.Video != nil
	for _, m := range []*sdp.Media{s.agreed.Audio, s.agreed.Video} {
		all = all && (m == nil || encrypted(m))
	}
	return all
}

// rekeyed reports whether the other side has changed the key of what it sends. Then it gets new ones of ours, because it
// may have begun anew with both. Who offers before anything was agreed on gets new ones, too: ours may have gone to a callee
// whose place it takes.
func (s *Source) rekeyed(a sdp.Answer) bool {
	if s.agreed.Audio == nil && s.agreed.Video == nil {
		return encrypted(a.Audio) || encrypted(a.Video)
	}
	return changed(s.agreed.Audio, a.Audio) || changed(s.agreed.Video, a.Video)
}

func changed(before, after *sdp.Media) bool {
	if !encrypted(before) || !encrypted(after) {
		return false
	}
	return before.Crypto.Suite != after.Crypto.Suite || !bytes.Equal(before.Crypto.Receive, after.Crypto.Receive)
}

// protect lets the sessions go by what was agreed on. What was refused stays as it was.
func (s *Source) protect(a sdp.Answer) error {
	return errors.Join(
		protect(s.audioRTP, a.Audio, &s.local.Audio),
		protect(s.videoRTP, a.Video, &s.local.Video),
	)
}

func encrypted(m *sdp.Media) bool { return m != nil && m.Crypto != nil }

func protect(session *rtpio.Session, m *sdp.Media, local *sdp.MediaOffer) error {
	switch {
	case m == nil:
		return nil
	case m.Crypto == nil:
		return session.Protect(nil)
	}
	c := m.Crypto
	local.Keys = sdp.KeysAfter(c)
	return session.Protect(&rtpio.Keys{Suite: c.Suite, Send: c.Send, Receive: c.Receive})
}
