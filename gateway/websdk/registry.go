package websdk

import (
	"sync"
	"time"

	"callcast/gateway"
)

// registry knows which media session belongs to which socket, and what its browser has been told. Messages are queued
// under its lock, so that a browser is told things in the order they happened.
type registry struct {
	most int // media sessions of one socket

	mu       sync.Mutex // guards what follows, and every media
	byID     map[string]*media
	byStream map[string]map[*media]struct{}
	bySocket map[*socket]map[*media]struct{}
}

// media is a media session that a socket has asked for.
type media struct {
	id        string
	stream    string
	published bool
	owner     *socket
	asked     time.Time

	answered   bool                  // the browser has its answer, and may be told more
	newest     *gateway.MediaSession // what the gateway told last; nil before
	running    bool                  // the browser knows that media flows
	width      int                   // that the browser knows of
	height     int
	audioMuted bool // the browser that publishes has said so
	videoMuted bool
}

func newRegistry(most int) *registry {
	return &registry{
		most: most, byID: map[string]*media{},
		byStream: map[string]map[*media]struct{}{}, bySocket: map[*socket]map[*media]struct{}{},
	}
}

// reserve takes an id before the gateway is asked, so that nothing it tells is missed. It returns what holds the id
// already, if anything.
func (r *registry) reserve(m *media) (holder *media, room bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if holder := r.byID[m.id]; holder != nil {
		return holder, true
	}
	if len(r.bySocket[m.owner]) >= r.most {
		return nil, false
	}
	r.byID[m.id] = m
	insert(r.byStream, m.stream, m)
	insert(r.bySocket, m.owner, m)
	return nil, true
}

// drop forgets a media session: its browser is told nothing any more. It is called under the lock.
func (r *registry) drop(m *media) {
	delete(r.byID, m.id)
	remove(r.byStream, m.stream, m)
	remove(r.bySocket, m.owner, m)
}

// refuse tells that nothing comes of a reserved id.
func (r *registry) refuse(m *media, info gateway.MediaInfo) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(m)
	m.tellStatus(gateway.MediaSession{Status: gateway.MediaFailed, Info: info})
}

// answer gives the browser its one answer, and tells what has happened since the gateway made it.
func (r *registry) answer(m *media, sdp string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m.answered = true
	m.owner.send("setRemoteSDP", m.id, sdp, true)
	r.tell(m)
}

// change takes in what the gateway tells of a media session. An id may be used again, so what began before it was
// asked for is another's.
func (r *registry) change(s gateway.MediaSession) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.byID[s.ID]
	if m == nil || s.Created.Before(m.asked) {
		return
	}
	m.newest = &s
	r.tell(m)
}

// vanish takes in that a media session is no more. Its end was told before, unless that was missed.
func (r *registry) vanish(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.byID[id]; m != nil && m.newest != nil && !m.newest.Status.Ended() {
		r.end(m, *m.newest, "")
	}
}

// end tells the end of a media session that the gateway told nothing of. It is called under the lock.
func (r *registry) end(m *media, last gateway.MediaSession, info gateway.MediaInfo) {
	last.Info = info
	switch {
	case !m.running && info == "":
		last.Status, last.Info = gateway.MediaFailed, gateway.InfoError
	case m.published:
		last.Status = gateway.MediaUnpublished
	default:
		last.Status = gateway.MediaStopped
	}
	m.newest = &last
	r.tell(m)
}

// tell brings the browser up to date with what the gateway told. It is called under the lock.
func (r *registry) tell(m *media) {
	s := m.newest
	if !m.answered || s == nil {
		return
	}
	if s.Status.Ended() {
		r.drop(m)
		m.tellStatus(*s)
		return
	}
	if !m.running && s.Status != gateway.MediaPending {
		m.running = true
		m.tellStatus(*s)
		r.tellMutes(m)
	}
	if m.running && s.Width > 0 && s.Height > 0 && (s.Width != m.width || s.Height != m.height) {
		m.width, m.height = s.Width, s.Height
		m.owner.send("notifyStreamEvent", streamEvent{ID: m.id, Type: "resize", Payload: pictureSize{s.Width, s.Height}})
	}
}

// known are the ids of the media sessions that the gateway has told of.
func (r *registry) known() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []string
	for id, m := range r.byID {
		if m.newest != nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// owns reports whether a socket has asked for this media session, and it goes on.
func (r *registry) owns(k *socket, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.byID[id]
	return m != nil && m.owner == k
}

// lost takes in that the gateway does not know a media session that its browser wants to end.
func (r *registry) lost(k *socket, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.byID[id]
	if m == nil || m.owner != k {
		return // the end was told just now
	}
	var last gateway.MediaSession
	if m.newest != nil {
		last = *m.newest
	}
	r.end(m, last, gateway.InfoByUser)
}

// forget drops everything a socket has asked for, and returns the ids.
func (r *registry) forget(k *socket) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []string
	for m := range r.bySocket[k] {
		ids = append(ids, m.id)
		r.drop(m)
	}
	return ids
}

func insert[K comparable](sets map[K]map[*media]struct{}, key K, m *media) {
	if sets[key] == nil {
		sets[key] = map[*media]struct{}{}
	}
	sets[key][m] = struct{}{}
}

func remove[K comparable](sets map[K]map[*media]struct{}, key K, m *media) {
	delete(sets[key], m)
	if len(sets[key]) == 0 {
		delete(sets, key)
	}
}
