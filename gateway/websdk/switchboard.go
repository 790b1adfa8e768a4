package websdk

import (
	"sync"

	"callcast/gateway"
)

// switchboard knows every phone and every line, and what their browsers have been told. Messages are queued under its
// lock, so that a browser is told things in the order they happened.
type switchboard struct {
	most     int // lines of one phone
	mostKept int // phones without a socket

	mu             sync.Mutex // guards what follows, and what phones and lines say it does
	byToken        map[string]*phone
	byRegistration map[string]*phone
	byCall         map[string]*line
	kept           int
}

func newSwitchboard(most, mostKept int) *switchboard {
	return &switchboard{
		most: most, mostKept: mostKept, byToken: map[string]*phone{}, byRegistration: map[string]*phone{}, byCall: map[string]*line{},
	}
}

// connect gives a phone to a socket.
func (b *switchboard) connect(p *phone, k *socket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.socket = k
	b.byToken[p.token] = p
	if p.registration != "" {
		b.byRegistration[p.registration] = p
	}
	p.tell("getUserData", p.user)
	if !p.keep {
		p.user = nil // it will not be told again
	}
}

// takeOver gives the phone with this token to another socket, which is told how things stand. It returns nil if there
// is no such phone, or it is another account's.
func (b *switchboard) takeOver(token string, account gateway.Account, k *socket) *phone {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.byToken[token]
	if p == nil || !p.keep || account.Login != "" && account != p.account {
		return nil
	}
	switch {
	case p.socket != nil:
		p.socket.end(replaced())
	case p.taken != nil:
		close(p.taken)
		b.kept--
	default: // it is about to be retired
		return nil
	}
	p.socket, p.taken = k, nil
	p.tell("getUserData", p.user)
	b.tellRegistration(p)
	for _, c := range p.byID {
		b.retell(c)
	}
	return p
}

// part takes the phone from a socket, unless another has taken it over. A phone that stays tells when that happens;
// without an account there is nothing to stay for.
func (b *switchboard) part(p *phone, k *socket) (taken <-chan struct{}, mine bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.socket != k {
		return nil, false
	}
	p.socket, p.taken = nil, nil
	if p.keep && p.account.Login != "" && b.kept < b.mostKept {
		p.taken = make(chan struct{})
		b.kept++
	}
	return p.taken, true
}

// retire takes a phone out of service that was not taken over since it was parted. Its lines hang up.
func (b *switchboard) retire(p *phone, taken <-chan struct{}) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.socket != nil || p.taken != taken {
		return false // and it may have been parted again
	}
	p.retired = true
	if p.taken != nil {
		b.kept--
	}
	delete(b.byToken, p.token)
	delete(b.byRegistration, p.registration)
	for _, c := range p.byID {
		c.quit()
	}
	return true
}

// clear forgets the lines of a phone that is retired.
func (b *switchboard) clear(p *phone) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range p.byID {
		b.drop(c)
	}
}

// reserve takes a call's id before the gateway is asked, so that nothing it tells is missed, and starts the line. Who
// calls is told at once that it is being tried. It returns what holds the id already, if anything.
func (b *switchboard) reserve(c *line, run func()) (holder *line, room bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if holder := b.byCall[c.id]; holder != nil {
		return holder, true
	}
	if c.phone.retired || len(c.phone.byID) >= b.most {
		return nil, false
	}
	b.byCall[c.id] = c
	c.phone.byID[c.id] = c
	c.phone.lines.Go(run)
	if !c.call.Incoming {
		b.say(c)
	}
	return nil, true
}

// drop forgets a line: its browser is told nothing any more. It is called under the lock.
func (b *switchboard) drop(c *line) {
	c.over = true
	c.quit()
	if b.byCall[c.id] == c {
		delete(b.byCall, c.id)
	}
	delete(c.phone.byID, c.id)
}

// find returns a line of this phone, and nil if the call is another's or has ended.
func (b *switchboard) find(p *phone, id string) *line {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := p.byID[id]; c != nil && !c.hungUp {
		return c
	}
	return nil
}

// change takes in what the gateway tells of a call. An id may be used again, so what began before it was asked for is
// another's. It reports whether the call is one that a phone of ours is to ring for, and which.
func (b *switchboard) change(call gateway.Call) *phone {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.byCall[call.ID]
	switch {
	case c == nil && call.Incoming && call.Status == gateway.CallRing && call.Registration != "":
		return b.byRegistration[call.Registration]
	case c == nil || call.Created.Before(c.asked):
	default:
		before := c.call.Transfer
		c.call, c.known = call, true
		if call.Transfer != before {
			b.transferred(c, call.Transfer)
		}
		b.update(c)
	}
	return nil
}

// vanish takes in that a call is no more. Its end was told before, unless that was missed.
func (b *switchboard) vanish(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.byCall[id]
	if c == nil || !c.known || c.call.Status.Ended() {
		return
	}
	if s := c.call.Status; s == gateway.CallEstablished || s == gateway.CallHold {
		c.call.Status = gateway.CallFinish
	} else {
		c.call.Status = gateway.CallFailed
	}
	b.update(c)
}

// known are the ids of the calls and the registrations that the gateway has told of.
func (b *switchboard) known() (calls, registrations []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, c := range b.byCall {
		if c.known {
			calls = append(calls, id)
		}
	}
	for id, p := range b.byRegistration {
		if p.status != "" {
			registrations = append(registrations, id)
		}
	}
	return calls, registrations
}
