package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// phone is a remote party that only talks, in A-law: it says something again and again, and listens.
type phone struct {
	leg     *leg
	says    [][]byte                  // frames
	sounds  func(payload []byte) bool // what comes is not silence
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex // guards what follows
	heard heard
	err   error
}

// heard is what a phone has sent and received.
type heard struct {
	sent, received, missing int
	silent                  int // frames of silence that came
	said, came              mark
	sound                   []byte // all payloads
}

// mark notes where sound begins after silence.
type mark struct {
	at    []int64 // nanoseconds since 1970
	quiet int     // frames
}

func (m *mark) frame(sounds bool, now time.Time) {
	const silence = 10 // frames that make sure that what comes then is a mark
	switch {
	case !sounds:
		m.quiet++
	case m.quiet >= silence:
		m.at = append(m.at, now.UnixNano())
		fallthrough
	default:
		m.quiet = 0
	}
}

func newPhone(says [][]byte) (*phone, error) {
	l, err := newLeg(audioClock)
	if err != nil {
		return nil, err
	}
	p := &phone{leg: l, says: says, sounds: lawSounds}
	p.running.Go(p.listen)
	return p, nil
}

// lawSounds reports whether there is more in a frame than A-law's silence.
func lawSounds(payload []byte) bool { return bytes.Count(payload, []byte{0xD5}) < len(payload) }

// opusSounds tells sound from silence by its size: with a variable bit rate, silence is a few bytes.
func opusSounds(payload []byte) bool { return len(payload) > 32 }

func (p *phone) accept(sdp string) (answer string, to target, err error) {
	o, err := parseOffer(sdp)
	media, control := p.leg.ports()
	lines := []string{
		"v=0", "o=bench 1 1 IN IP4 127.0.0.1", "s=bench", "c=IN IP4 127.0.0.1", "t=0 0",
		fmt.Sprintf("m=audio %d %s %d %s", media, o.audioProfile, o.audioType, o.keys),
		fmt.Sprintf("a=rtcp:%d", control),
		fmt.Sprintf("a=rtpmap:%d PCMA/8000", o.audioType), fmt.Sprintf("a=rtpmap:%s telephone-event/8000", o.keys), "",
	}
	return strings.Join(lines, "\r\n"), o.target, err
}

func (p *phone) start(ctx context.Context, to target) {
	ctx, p.cancel = context.WithCancel(ctx)
	p.leg.aim(to.audioPort, to.audioType)
	p.running.Go(func() {
		err := p.talk(ctx)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.err = err
	})
}

func (p *phone) talk(ctx context.Context) error {
	began := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; ; n++ {
		at := time.Duration(n) * tick
		timer.Reset(time.Until(began.Add(at)))
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		frame := p.says[n%len(p.says)]
		p.mu.Lock()
		p.heard.sent++
		p.heard.said.frame(lawSounds(frame), time.Now())
		p.mu.Unlock()
		if _, err := p.leg.send(at, frame); err != nil {
			return err
		}
		if n%ticksPerReport == 0 {
			if err := p.leg.report(at, time.Now()); err != nil {
				return err
			}
		}
	}
}

// listen takes what comes until the port is closed.
func (p *phone) listen() {
	const mtu = 1500
	buffer := make([]byte, mtu)
	var packet rtp.Packet
	var last uint16
	for {
		n, err := p.leg.rtp.Read(buffer)
		if refused(err) {
			continue
		}
		if err != nil {
			return
		}
		if packet.Unmarshal(buffer[:n]) == nil {
			p.hear(&packet, last)
			last = packet.SequenceNumber
		}
	}
}

func (p *phone) hear(packet *rtp.Packet, last uint16) {
	now, sounds := time.Now(), p.sounds(packet.Payload)
	p.mu.Lock()
	defer p.mu.Unlock()
	h := &p.heard
	if h.received > 0 {
		h.missing += int(int16(packet.SequenceNumber-last)) - 1
	}
	h.received++
	h.came.frame(sounds, now)
	if !sounds {
		h.silent++
	}
	h.sound = append(h.sound, packet.Payload...)
}

// state is what was heard so far.
func (p *phone) state() heard {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.heard
	h.said.at, h.came.at = append([]int64{}, h.said.at...), append([]int64{}, h.came.at...)
	return h
}

// stop ends sending and frees the ports.
func (p *phone) stop() error {
	if p.cancel != nil {
		p.cancel()
	}
	p.leg.close()
	p.running.Wait()
	if errors.Is(p.err, net.ErrClosed) {
		return nil
	}
	return p.err
}
