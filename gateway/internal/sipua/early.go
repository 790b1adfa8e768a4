package sipua

import "github.com/emiago/sipgo/sip"

// meet notes the session with a caller whom we have not answered.
func (d *Dialog) meet(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.early[s.remoteTag] = s
}

// reachAnew forgets whom an INVITE has reached, because another takes its place.
func (d *Dialog) reachAnew(contact *sip.ContactHeader) {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.early)
	d.contact = contact
}

// reached notes who has answered an INVITE, be it for the present, and returns the session with them.
func (inv *invitation) reached(res *sip.Response) *session {
	d, tag := inv.d, tagOf(res.To().Params)
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.early[tag]
	if s != nil {
		s.follow(res)
		return s
	}
	s = newSession(d, inv.req, res)
	if tag != "" && len(d.early) < maxForks {
		d.early[tag] = s
	}
	return s
}

// with is the session with the sender of a request inside the dialog. That our INVITE has reached them need not be known yet:
// their response may be lost, or still be on its way through here.
func (d *Dialog) with(req *sip.Request) *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sess != nil {
		return d.sess
	}
	tag := tagOf(req.From().Params)
	s := d.early[tag]
	if s == nil && d.contact != nil && tag != "" && len(d.early) < maxForks {
		s = sessionWith(d, req, d.contact)
		d.early[tag] = s
	}
	return s
}

// agree notes that the offer of the INVITE is answered.
func (s *session) agree() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agreed = true
}

// isAgreed reports whether the offer of the INVITE is answered, so that another may be made (RFC 3311 section 5).
func (s *session) isAgreed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.agreed
}

// change notes that an offer of the other side has been answered.
func (s *session) change() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = true
}

// news is a description in a response to our INVITE, unless the session has been changed since it was first given.
func (s *session) news(sdp []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed {
		return nil
	}
	return sdp
}

// conclude lets a change end that the other side began before it answered, and takes the turn, so that the next is told after
// the answer. In a call that is to end it may do neither.
func (d *Dialog) conclude() {
	for {
		select {
		case d.turn.held <- struct{}{}:
			return
		case ev := <-d.inbox:
			d.deliver(ev)
		case <-d.abandoned:
			return
		}
	}
}
