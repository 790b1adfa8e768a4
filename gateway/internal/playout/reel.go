package playout

import "callcast/gateway/internal/media"

// Bounds of the pictures that wait. What a stream keeps for a new reader fits.
const (
	maxPictures = 1024
	maxBytes    = 16 << 20
)

// reel is pictures that wait.
type reel struct {
	pictures []*media.Unit
	bytes    int
	shut     bool // until a key picture
}

// put appends a picture. It reports whether a key picture is needed instead. What waits from before time went back would
// wait for ever.
func (r *reel) put(u *media.Unit) (needKey bool) {
	n := len(r.pictures)
	back := n > 0 && u.PTS < r.pictures[n-1].PTS-beyond
	if back || n >= maxPictures || r.bytes+len(u.Payload) > maxBytes {
		r.close()
	}
	if r.shut && !u.Key {
		return true
	}
	r.shut = false
	r.pictures = append(r.pictures, u)
	r.bytes += len(u.Payload)
	return false
}

// first is the picture that leaves next, nil if there is none.
func (r *reel) first() *media.Unit {
	if len(r.pictures) == 0 {
		return nil
	}
	return r.pictures[0]
}

func (r *reel) drop() {
	r.bytes -= len(r.pictures[0].Payload)
	r.pictures[0] = nil
	r.pictures = r.pictures[1:]
}

// close forgets what waits, and what comes until a key picture.
func (r *reel) close() { *r = reel{shut: true} }
