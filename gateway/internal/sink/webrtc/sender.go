package webrtc

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc"
)

const reportEvery = time.Second // of sender reports

// sender sends the units of one track. One goroutine sends; another listens.
type sender struct {
	track  *rtc.Track
	past   history
	tally  tally
	offset uint32                          // of RTP time
	header rtp.Header                      // of the last packet
	rate   int                             // of its time
	count  struct{ packets, bytes uint32 } // as reports count them

	reported time.Time
}

func newSender(t *rtc.Track) *sender {
	var random [6]byte
	_, _ = rand.Read(random[:]) // never fails
	return &sender{
		track:  t,
		offset: binary.BigEndian.Uint32(random[:]),
		header: rtp.Header{Version: 2, SequenceNumber: binary.BigEndian.Uint16(random[4:])},
	}
}

// send sends a unit.
func (s *sender) send(u *media.Unit) error {
	payloadType, rate, ok := s.track.Format(u.Format.Codec)
	if !ok {
		return nil // the stream changed its codec under the reader; what it takes comes next
	}
	s.rate = rate
	video := u.Kind() == media.Video
	payloads := s.track.Pack(u)
	h, bytes := &s.header, 0
	h.PayloadType, h.Timestamp = payloadType, s.offset+ticks(u.PTS, rate)
	for i, payload := range payloads {
		h.SequenceNumber++
		h.Marker = i == len(payloads)-1 && (video || u.Gap) // audio: a talkspurt begins (RFC 3551 section 4.1)
		s.past.keep(h, payload)
		if err := s.track.Write(h, payload); err != nil {
			return err
		}
		bytes += len(payload)
	}
	s.count.packets += uint32(len(payloads))
	s.count.bytes += uint32(bytes)
	s.tally.sent(bytes)
	return nil
}

// report returns a sender report if one is due.
func (s *sender) report(line *timeline, now time.Time) *rtcp.SenderReport {
	if s.rate == 0 || now.Sub(s.reported) < reportEvery {
		return nil
	}
	s.reported = now
	return &rtcp.SenderReport{
		SSRC:        s.track.SSRC(),
		NTPTime:     clock.NTP(now),
		RTPTime:     s.offset + ticks(line.at(now), s.rate),
		PacketCount: s.count.packets,
		OctetCount:  s.count.bytes,
	}
}
