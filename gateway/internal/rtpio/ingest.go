package rtpio

import (
	"net/netip"
	"time"
)

// ingest is what the RTP goroutine needs for itself.
type ingest struct {
	parser parser
	arena  arena
	ready  []Packet  // on their way to Handle
	due    time.Time // when a gap is given up
	plain  []byte    // room for a decrypted packet
}

// takeRTP takes a datagram from the RTP port.
func (s *Session) takeRTP(b []byte, src netip.AddrPort, now time.Time) {
	if isRTCP(b) { // some peers multiplex though it was not negotiated
		s.takeControl(b, src, now, true)
		return
	}
	plain, ok := s.open(b, src, now)
	if !ok {
		return
	}
	pkt, ok := s.ingest.parser.parse(plain, now)
	if !ok {
		s.countInvalid()
		return
	}
	wanted, newSource := s.receive(pkt, src)
	s.deliver()
	if len(wanted) > 0 {
		s.askAgain(wanted)
	}
	if newSource {
		s.log.Info("media source locked", "remote", src)
	}
}

// open decrypts. A stranger's packet is not even tried: a copy of one of the peer's would stand in the way of the real one.
func (s *Session) open(b []byte, src netip.AddrPort, now time.Time) (plain []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.guard.on && s.latch.deaf(src, now) {
		s.latch.discarded++
		return nil, false
	}
	if s.guard.on && cap(s.ingest.plain) < len(b) {
		s.ingest.plain = make([]byte, maxDatagram)
	}
	return s.guard.open(s.ingest.plain, b)
}

// receive passes a packet through the latch and the receiver into ready.
func (s *Session) receive(pkt Packet, src netip.AddrPort) (wanted []uint16, newSource bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rate := s.rates[pkt.PayloadType]
	if rate == 0 {
		s.invalid++
		if src != s.latch.locked {
			return nil, false
		}
		pkt.Payload = nil // it still has its place in the sequence
	}
	verdict := s.latch.judge(src, &pkt)
	if verdict == stranger {
		return nil, false
	}
	if pkt.Payload != nil {
		pkt.Payload = s.ingest.arena.copy(pkt.Payload)
	}
	if verdict == waiting {
		s.latch.waiting = append(s.latch.waiting, pkt)
		return nil, false
	}
	if verdict == joined {
		s.control.forget()
		for _, early := range s.latch.admit() {
			s.push(early)
		}
	}
	s.push(pkt)
	s.ingest.due = s.receiver.order.due()
	wanted = s.receiver.order.ask()
	if !s.feedback.NACK {
		wanted = nil
	}
	return wanted, verdict == joined
}

func (s *Session) push(pkt Packet) {
	s.lastData = pkt.Arrived
	s.ingest.ready = s.receiver.push(pkt, s.rates[pkt.PayloadType], s.ingest.ready)
}

// expire gives up the gap whose time is over.
func (s *Session) expire(now time.Time) {
	s.mu.Lock()
	s.ingest.ready = s.receiver.order.expire(now, s.ingest.ready)
	s.ingest.due = s.receiver.order.due()
	s.mu.Unlock()
	s.deliver()
}

// deliver hands on what is ready, without the lock.
func (s *Session) deliver() {
	for _, pkt := range s.ingest.ready {
		s.handle(pkt)
	}
	clear(s.ingest.ready)
	s.ingest.ready = s.ingest.ready[:0]
}

func (s *Session) countInvalid() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.invalid++
}
