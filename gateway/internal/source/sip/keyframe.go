package sip

import (
	"context"
	"sync"
	"time"
)

// When a key frame is asked for, until it comes.
const (
	keySpacing  = 250 * time.Millisecond // between requests that were each fulfilled
	keyPatience = 500 * time.Millisecond // before SIP INFO is tried too
	keyRepeat   = time.Second            // then, doubling
	keyRepeats  = 3                      // times
	infoTimeout = 10 * time.Second
)

// mediaControl asks for a key frame by SIP INFO (RFC 5168).
const (
	mediaControlType = "application/media_control+xml"
	mediaControl     = `<?xml version="1.0" encoding="utf-8"?>` + "\r\n" +
		`<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>` + "\r\n"
)

// keyRequest is the want of a key frame: who is asked when.
type keyRequest struct {
	mu     sync.Mutex // guards what follows
	needed bool
	asked  int       // since it is needed
	due    time.Time // to ask next
	last   time.Time // when RTCP was last asked
	info   time.Time // when INFO was last asked
	deaf   bool      // RTCP could not be sent: there was nobody to send it to
	total  uint64
}

// want notes that a key frame is needed. It reports whether that is news to be acted on at once.
func (k *keyRequest) want(now time.Time) (atOnce bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.needed && !k.deaf {
		return false
	}
	k.needed, k.deaf, k.asked = true, false, 0
	k.due = now
	if earliest := k.last.Add(keySpacing); earliest.After(now) {
		k.due = earliest
	}
	return k.due.Equal(now)
}

// got notes that a key frame came.
func (k *keyRequest) got() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.needed, k.deaf = false, false
}

// next tells how to ask now: not at all, by RTCP, or by INFO as well.
func (k *keyRequest) next(now time.Time) (rtcp, info bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.needed || now.Before(k.due) {
		return false, false
	}
	wait := keyPatience
	if k.asked > 0 {
		wait = keyRepeat << min(k.asked-1, keyRepeats)
	}
	info = k.asked > 0 && now.Sub(k.info) >= keyRepeat
	if info {
		k.info = now
	}
	k.asked++
	k.total++
	k.last, k.due = now, now.Add(wait)
	return true, info
}

// unsent notes that RTCP had nobody to go to, so that the next want does not wait.
func (k *keyRequest) unsent() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.deaf, k.last = true, time.Time{}
}

func (k *keyRequest) count() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.total
}

// askKey asks the other side for a key frame if it is time to. The pacer calls it.
func (s *Source) askKey(ctx context.Context, now time.Time, informing chan struct{}) {
	rtcp, info := s.keys.next(now)
	if rtcp && !s.videoRTP.RequestKeyframe() {
		s.keys.unsent()
	}
	if !info || s.params.Info == nil {
		return
	}
	select {
	case informing <- struct{}{}: // one at a time: an unanswered INFO is repeated for half a minute
	default:
		return
	}
	s.running.Go(func() {
		defer func() { <-informing }()
		ctx, cancel := context.WithTimeout(ctx, infoTimeout)
		defer cancel()
		if err := s.params.Info(ctx, mediaControlType, []byte(mediaControl)); err != nil {
			s.log.Debug("key frame request by INFO failed", "err", err)
		}
	})
}
