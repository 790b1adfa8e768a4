package ladder

import (
	"slices"
	"strings"
	"sync"
	"time"

	"callcast/gateway"
)

const (
	maxMessages  = 200     // of one call
	maxBytes     = 256_000 // likewise
	maxEnded     = 50      // calls that are over
	maxUnclaimed = 32      // messages of calls that may become known
)

// Recorder keeps the messages of the calls that are up and of those that ended last.
type Recorder struct {
	mu          sync.Mutex           // guards what follows, and the records
	calls       map[string]*record   // by the call's id
	dialogs     map[string][]*record // by Call-ID; one that loops back to us has two calls
	registering map[string][]*record // by address of record
	ended       []*record            // in the order they ended
	unclaimed   []message            // of INVITEs whose call is not known yet
	now         func() time.Time
}

// New makes a recorder that knows no calls.
func New() *Recorder {
	return &Recorder{
		calls: map[string]*record{}, dialogs: map[string][]*record{}, registering: map[string][]*record{}, now: time.Now,
	}
}

// message is one that was seen, and which dialog it is of.
type message struct {
	gateway.SIPMessage
	dialog string
}

// Note takes a message that was sent or received. text belongs to the caller again when it returns.
func (r *Recorder) Note(sent bool, transport gateway.Transport, remote string, text []byte) {
	h := readHead(text)
	r.mu.Lock()
	r.linkRegistration(sent, h)
	wanted := len(r.dialogs[h.callID]) > 0 || h.method == "INVITE"
	r.mu.Unlock()
	if !wanted || h.callID == "" {
		return
	}
	seen := masked(text, h)
	m := message{dialog: h.callID, SIPMessage: gateway.SIPMessage{
		At: r.now(), Sent: sent, Remote: remote, Transport: transport,
		Start: firstLine(seen), Text: seen, SDP: h.sdp(seen),
	}}
	r.mu.Lock()
	defer r.mu.Unlock()
	records := r.dialogs[h.callID]
	for _, c := range records {
		c.add(m.SIPMessage)
	}
	if len(records) == 0 {
		r.unclaimed = append(r.unclaimed, m)
		r.unclaimed = r.unclaimed[max(0, len(r.unclaimed)-maxUnclaimed):]
	}
}

// linkRegistration makes a REGISTER that we send one of the calls that wait for it.
func (r *Recorder) linkRegistration(sent bool, h head) {
	if !sent || h.method != "REGISTER" {
		return
	}
	for _, c := range r.registering[h.to()] {
		if !slices.Contains(r.dialogs[h.callID], c) {
			c.registers = append(c.registers, h.callID)
			r.dialogs[h.callID] = append(r.dialogs[h.callID], c)
		}
	}
}

func (r *Recorder) link(c *record, dialog string) {
	c.dialogs = append(c.dialogs, dialog)
	r.dialogs[dialog] = append(r.dialogs[dialog], c)
}

// Begin starts keeping the messages of a call with this Call-ID, with the INVITE that may have come before.
func (r *Recorder) Begin(id, dialog string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if before := r.calls[id]; before != nil {
		r.forget(before)
	}
	r.calls[id] = &record{id: id}
	r.claim(r.calls[id], dialog)
}

// Join has the messages of one more dialog count as the call's: it goes on there.
func (r *Recorder) Join(id, dialog string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.calls[id]; c != nil && !slices.Contains(c.dialogs, dialog) {
		r.claim(c, dialog)
	}
}

// claim links a dialog, with what is known of it already.
func (r *Recorder) claim(c *record, dialog string) {
	r.link(c, dialog)
	r.unclaimed = slices.DeleteFunc(r.unclaimed, func(m message) bool {
		if m.dialog != dialog {
			return false
		}
		c.add(m.SIPMessage)
		return true
	})
}

// Registering has the REGISTERs of an account count as the call's until done is called.
func (r *Recorder) Registering(id string, account gateway.Account) (done func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.calls[id]
	if c == nil {
		return func() {}
	}
	address := strings.ToLower(account.Login + "@" + account.Domain)
	r.registering[address] = append(r.registering[address], c)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		remove(r.registering, address, c)
		for _, dialog := range c.registers {
			remove(r.dialogs, dialog, c)
		}
		c.registers = nil
	}
}

// End says that a call is over. What is still said in it is kept too, as long as it is among the last.
func (r *Recorder) End(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.calls[id]
	if c == nil {
		return
	}
	r.ended = append(r.ended, c)
	if len(r.ended) > maxEnded {
		r.forget(r.ended[0])
	}
}

func (r *Recorder) forget(c *record) {
	delete(r.calls, c.id)
	for _, dialog := range slices.Concat(c.dialogs, c.registers) {
		remove(r.dialogs, dialog, c)
	}
	r.ended = slices.DeleteFunc(r.ended, func(other *record) bool { return other == c })
}

func remove(from map[string][]*record, key string, c *record) {
	from[key] = slices.DeleteFunc(from[key], func(other *record) bool { return other == c })
	if len(from[key]) == 0 {
		delete(from, key)
	}
}

// Of is what was said in a call; false if it is not known.
func (r *Recorder) Of(id string) (gateway.Ladder, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.calls[id]
	if c == nil {
		return gateway.Ladder{}, false
	}
	return gateway.Ladder{CallID: id, Messages: slices.Clone(c.messages), Dropped: c.dropped}, true
}
