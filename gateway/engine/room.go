package engine

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/call"
	"callcast/gateway/internal/media"
	sinkrtmp "callcast/gateway/internal/sink/rtmp"
	"callcast/gateway/internal/source/sip"
)

// callRoom is a call with everything that stands around it: its stream, and the push that reads the stream.
type callRoom struct {
	callPlan

	engine *Engine
	log    *slog.Logger
	call   *call.Call
	seat   *seat
	person *person
	opened atomic.Bool // its media was opened

	taking   sync.Mutex // guards answered, and is held while the call is answered or another browser takes it
	answered bool

	// What follows belongs to whoever makes the room; if the call rings, to who holds taking.
	stream  *streamRoom    // what the call becomes; others read it once the call is answered
	keep    time.Duration  // how long the call waits for another browser
	push    *sinkrtmp.Push // nil if the call is not pushed
	endPush func()         // nil unless it runs
	release func()         // the target; nil unless something was reserved
}

// callPlan is what a call is to be.
type callPlan struct {
	spec        gateway.CallSpec
	publication publication // zero if it is said when the call is answered
	browser     *browser    // that talks in it from the beginning; nil if none does
	incoming    *incoming   // nil if we place it
}

func newCallRoom(e *Engine, plan callPlan) (*callRoom, error) {
	r := &callRoom{callPlan: plan, engine: e, seat: newSeat(), keep: plan.spec.Keep, log: e.log.With("call", plan.spec.ID)}
	if plan.publication.Stream != "" {
		if err := r.reserve(plan.publication); err != nil {
			return nil, err
		}
	}
	r.person = &person{room: r}
	r.call = call.New(call.Params{
		Incoming:    r.ringing(),
		Browser:     plan.browser != nil,
		Stays:       !e.config.SIP.Follow,
		Spec:        plan.spec,
		Publication: plan.publication.Publication,
		Signal:      r.signal(),
		Media:       r.openMedia,
		Publish:     e.bus.SetCall,
		Log:         e.log,
	})
	return r, nil
}

// signal is the user agent as the call sees it.
func (r *callRoom) signal() signal {
	e := r.engine
	return signal{agent: e.agent, ladder: e.ladder, spec: r.spec, noAnswer: e.config.SIP.NoAnswer}
}

// ringing is the call as one that comes in; nil if it is none.
func (r *callRoom) ringing() *call.Incoming {
	in := r.incoming
	if in == nil {
		return nil
	}
	return &call.Incoming{
		Ringing: ringing{in.signal, r.signal()}, Offer: in.signal.SDP, Caller: in.caller(), Registration: in.registration,
		NoAnswer: r.engine.config.SIP.NoAnswer, AtOnce: in.rule != nil,
	}
}

// run lives as long as the call and takes its room down.
func (r *callRoom) run(ctx context.Context) {
	if r.publication.Stream != "" {
		r.startPush()
	}
	if r.browser != nil {
		r.seat.sit(r.browser)
		r.talk()
	}
	var watching sync.WaitGroup
	if r.incoming != nil {
		watching.Go(r.watch)
	}
	contain(r.log, "call", func() { r.call.Run(ctx) })
	watching.Wait()
	r.person.close()
	r.seat.close()
	r.taking.Lock()
	defer r.taking.Unlock()
	r.vacate()
}

// contain keeps a panic where it happened.
func contain(log *slog.Logger, what string, do func()) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic", "in", what, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	do()
}

// openMedia opens the call's RTP ports and makes it the source of its stream.
func (r *callRoom) openMedia(info func(ctx context.Context, contentType string, body []byte) error) (call.Media, error) {
	ip, err := r.localIP()
	if err != nil {
		return nil, fmt.Errorf("local address: %w", err)
	}
	source, err := sip.New(sip.Params{
		Pool:      r.engine.ports,
		IP:        ip,
		Reflect:   r.engine.reflection(ip),
		HasAudio:  r.spec.HasAudio,
		HasVideo:  r.spec.HasVideo || r.incoming != nil, // who calls may put a camera in later
		Codecs:    r.engine.codecs(r.spec.Account),
		SoundOnly: r.browser != nil && !r.browser.peer.Has(media.Video),
		Host:      r.remoteIP(),
		Waits:     r.incoming != nil && r.incoming.registration == "", // anybody may have sent that
		Slate:     r.engine.config.Media.SlateWithoutVideo,
		SRTP:      r.spec.Account.SRTP,
		Stream:    r.stream.stream,
		Info:      info,
		OnDTMF:    r.call.OnKey,
		CNAME:     r.spec.ID,
		Log:       r.log,
	})
	if err != nil {
		return nil, err
	}
	source.Start()
	r.opened.Store(true)
	if b := r.seat.seated(); b != nil {
		source.Talk(b.speech)
	}
	r.stream.measure(source.Stats)
	return callMedia{source}, nil
}

// localIP is our address as the other side should see it: who calls may come another way than the account's own server.
func (r *callRoom) localIP() (netip.Addr, error) {
	if r.incoming != nil {
		return r.incoming.signal.LocalIP()
	}
	return r.engine.agent.LocalIP(r.spec.Account)
}

// remoteIP is where a call that comes in was signalled from. Of others it is not known who answers.
func (r *callRoom) remoteIP() netip.Addr {
	if r.incoming == nil {
		return netip.Addr{}
	}
	return r.incoming.signal.RemoteIP()
}

// callMedia is a SIP source as its call sees it.
type callMedia struct{ *sip.Source }

func (m callMedia) Answer(sdp []byte) error {
	_, err := m.Source.Answer(sdp)
	return err
}

func (m callMedia) AnswerAnother(sdp []byte) error {
	_, err := m.Source.AnswerAnother(sdp)
	return err
}
