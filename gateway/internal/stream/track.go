package stream

import (
	"slices"
	"time"

	"callcast/gateway/internal/media"
)

// Bounds of the cache that a late reader's first picture comes from. A longer GOP is not cached: its reader waits for
// the key unit that is asked for on its behalf.
const (
	maxCachedUnits = 512
	maxCachedBytes = 8 << 20
	maxCachedTime  = 12 * time.Second
)

// track is one elementary stream in one codec with those who read it. Stream's lock guards it.
type track struct {
	codec    media.Codec
	reorders bool // pictures come in another order than they are shown
	readers  []*Reader
	cache    []*media.Unit // video: the last key unit and what followed
	cached   int           // bytes in cache
	derived  *derivation   // nil for what the source publishes itself
}

// publish hands a unit to every reader and reports whether one of them waits for a key unit.
func (t *track) publish(u *media.Unit) (needKey bool) {
	t.remember(u)
	for _, r := range t.readers {
		if r.push(u) {
			needKey = true
		}
	}
	return needKey
}

func (t *track) remember(u *media.Unit) {
	if u.Kind() != media.Video {
		return
	}
	switch {
	case u.Key:
		t.forget()
	case len(t.cache) == 0:
		return
	case u.Gap || len(t.cache) >= maxCachedUnits || t.cached+len(u.Payload) > maxCachedBytes || u.PTS-t.cache[0].PTS > maxCachedTime:
		t.forget()
		return
	}
	t.cache = append(t.cache, u)
	t.cached += len(u.Payload)
}

func (t *track) forget() {
	clear(t.cache)
	t.cache, t.cached = t.cache[:0], 0
}

// add lets a reader in, starting with the cached pictures.
func (t *track) add(r *Reader) {
	t.readers = append(t.readers, r)
	r.prime(t.cache)
}

// cut tells the readers that what comes next does not go on from what came before.
func (t *track) cut() {
	t.forget()
	for _, r := range t.readers {
		r.cut(t.codec.Kind())
	}
}

// consumers is how many read the track, conversions not counted.
func (t *track) consumers() int {
	n := 0
	for _, r := range t.readers {
		if r.params.Sink != "" {
			n++
		}
	}
	return n
}

func (t *track) remove(r *Reader) {
	t.readers = slices.DeleteFunc(t.readers, func(have *Reader) bool { return have == r })
}
