package rtpio

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"
)

// The mean times to the first report and between reports (RFC 3550 section 6.2). The first comes early, because
// some peers end a call that shows no life and because its answer tells the round-trip time.
const (
	firstInterval  = time.Second
	reportInterval = 5 * time.Second
)

func firstReport() time.Duration { return randomised(firstInterval) }
func nextReport() time.Duration  { return randomised(reportInterval) }

// randomised spreads a time evenly over half to one and a half of it, so that reports of many sessions do not fall together.
func randomised(d time.Duration) time.Duration { return d/2 + rand.N(d) }

// report sends the regular report.
func (s *Session) report(now time.Time) {
	s.mu.Lock()
	var blocks []rtcp.ReceptionReport
	if s.receiver.begun {
		block, lostShare := s.receiver.tally.report(s.receiver.ssrc)
		s.control.lossPercent = 100 * lostShare
		block.LastSenderReport, block.Delay = s.control.lastReport(now)
		blocks = append(blocks, block)
	}
	report := s.opening(now, blocks)
	s.mu.Unlock()
	s.sendControl(report)
}

// goodbye ends our part (RFC 3550 section 6.6). Who has never taken part says nothing.
func (s *Session) goodbye() {
	now := time.Now()
	s.mu.Lock()
	took := s.receiver.begun || s.sender.packets > 0
	opening := s.opening(now, nil)
	s.mu.Unlock()
	if took {
		s.sendControl(opening, &rtcp.Goodbye{Sources: []uint32{s.ssrc}})
	}
}

// opening is the report that every compound packet begins with. It needs the lock.
func (s *Session) opening(now time.Time, blocks []rtcp.ReceptionReport) rtcp.Packet {
	if s.sender.active(now) {
		report := s.sender.report(s.ssrc, now)
		report.Reports = blocks
		return report
	}
	return &rtcp.ReceiverReport{SSRC: s.ssrc, Reports: blocks}
}

// sendControl sends a compound packet: a report, our name, and what else there is (RFC 3550 section 6.1). It tells whether
// it was sent; nothing is lost for good if it was not.
func (s *Session) sendControl(report rtcp.Packet, more ...rtcp.Packet) bool {
	packets := append([]rtcp.Packet{report, rtcp.NewCNAMESourceDescription(s.ssrc, s.cname)}, more...)
	b, err := rtcp.Marshal(packets)
	if err != nil {
		s.log.Error("marshal rtcp", "error", err)
		return false
	}
	s.mu.Lock()
	remote, muxed := s.control.remote(&s.latch)
	b, err = s.guard.sealControl(b)
	s.mu.Unlock()
	if err != nil || !remote.IsValid() {
		return false
	}
	conn := s.conn.rtcp
	if muxed {
		conn = s.conn.rtp
	}
	_, err = conn.WriteToUDPAddrPort(b, remote)
	return err == nil
}
