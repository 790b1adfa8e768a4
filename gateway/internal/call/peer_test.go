package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"callcast/gateway"
)

// phone is the SIP side of a call under test, and its dialog.
type phone struct {
	mu       sync.Mutex // guards what follows
	offer    []byte     // of the INVITE
	hangups  []string
	infos    []string
	informed []time.Time // when the infos came
	refusing int         // status of the answers to INFO, if not 200
	offers   []string
	stubborn error  // of every re-INVITE and REFER
	during   func() // happens while a re-INVITE is under way
	referred []string
	rang     int
	answers  []string
	followed []string
	next     *phone // whom the other side names

	registrar func(ctx context.Context) (int, error)
}

func (p *phone) Register(ctx context.Context) (int, error) { return p.registrar(ctx) }

func (p *phone) Invite(offer []byte, _ *Leg) Dialog {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.offer = offer
	return p
}

func (p *phone) Follow(offer []byte, r Referral, _ *Leg) Dialog {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.followed = append(p.followed, r.Target+" with "+string(offer))
	return p.next
}

func (p *phone) Reinvite(_ context.Context, offer []byte) ([]byte, error) {
	p.mu.Lock()
	p.offers = append(p.offers, string(offer))
	during, err := p.during, p.stubborn
	p.mu.Unlock()
	if during != nil {
		during()
	}
	return []byte("agreed"), err
}

func (p *phone) Refer(_ context.Context, target string, other Dialog) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.referred = append(p.referred, fmt.Sprintf("%s replacing %v", target, other != nil))
	return p.stubborn
}

func (p *phone) Ring() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rang++
}

func (p *phone) Answer(sdp []byte, _ *Leg) Dialog {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = append(p.answers, string(sdp))
	return p
}

func (p *phone) Hangup(reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hangups = append(p.hangups, reason)
}

func (p *phone) Info(_ context.Context, contentType string, body []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.infos = append(p.infos, contentType+": "+string(body))
	p.informed = append(p.informed, time.Now())
	if p.refusing != 0 {
		return p.refusing, nil
	}
	return sipOK, nil
}

// voice is the media of a call under test.
type voice struct {
	mu       sync.Mutex // guards what follows
	digits   string
	informed string
	holding  bool // by us
	told     bool // of which the other side was told when it came
	answered []string
	held     bool // by the other side
	closed   int
	muted    bool

	refuse error // of every description
	broken bool  // panics when it is given one
}

var errUnusable = errors.New("no codec in common")

func (v *voice) Offer() []byte { return []byte("our offer") }

func (v *voice) Answer(sdp []byte) error {
	if v.broken {
		panic("a fault in the media")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answered = append(v.answered, string(sdp))
	return v.refuse
}

func (v *voice) Reoffer(sdp []byte) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.told = v.holding
	return append([]byte("answer to "), sdp...), v.refuse
}

func (v *voice) OfferAnother() []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.told = v.holding
	return []byte("an offer of its own")
}

func (v *voice) AnswerAnother(sdp []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answered = append(v.answered, "another "+string(sdp))
	return v.refuse
}

func (v *voice) SendDTMF(_ context.Context, digits string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.digits += digits
	return nil
}

func (v *voice) SetMuted(muted bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.muted = muted
}

func (v *voice) Hold(hold bool) ([]byte, func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before := v.holding
	v.holding = hold
	return fmt.Appendf(nil, "hold %v", hold), func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.holding = before
	}
}

func (v *voice) Confirm() {}

func (v *voice) Encrypted() bool { return false }

func (v *voice) Held() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.held
}

func (v *voice) TakeInfo(contentType string, body []byte) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.informed += contentType + " " + string(body)
	return true
}

func (v *voice) Refused() []gateway.MediaLine { return nil }

func (v *voice) Stats() (audio, video gateway.MediaStats) {
	return gateway.MediaStats{Codec: "PCMA"}, gateway.MediaStats{}
}

func (v *voice) Close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed++
}

// scene is a call with its surroundings.
type scene struct {
	*Call
	phone *phone
	voice *voice

	mu   sync.Mutex // guards told
	told []gateway.Call
}

// newScene makes a call that can be run; change alters its parts before.
func newScene(t *testing.T, change func(*scene, *Params)) *scene {
	t.Helper()
	s := &scene{phone: &phone{}, voice: &voice{}}
	p := Params{
		Spec:   gateway.CallSpec{ID: "c1", Callee: "bob", Account: gateway.Account{Login: "alice"}},
		Signal: s.phone,
		Media: func(func(context.Context, string, []byte) error) (Media, error) {
			return s.voice, nil
		},
		Publish: func(c gateway.Call) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.told = append(s.told, c)
		},
		Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(s, &p)
	}
	s.Call = New(p)
	return s
}

// statuses are those told, each once in a row.
func (s *scene) statuses() (all []gateway.CallStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.told {
		if n := len(all); n == 0 || all[n-1] != c.Status {
			all = append(all, c.Status)
		}
	}
	return all
}

// last is what was told last.
func (s *scene) last() gateway.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told[len(s.told)-1]
}

// count is how many values were told.
func (s *scene) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.told)
}

// ends counts how often a status that is final was told.
func (s *scene) ends() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.told {
		if c.Status.Ended() {
			n++
		}
	}
	return n
}
