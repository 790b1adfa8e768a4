package webrtc

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/codec/vp8"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc"
)

const (
	maxPayload  = 1160        // leaves room for what SRTP, UDP and a tunnel add to it
	reportEvery = time.Second // of sender reports
)

// sender packs the units of one track. One goroutine sends; another listens.
type sender struct {
	track   *rtc.Track
	h264    h264.Packetiser
	vp8     vp8.Packetiser
	past    history
	tally   tally
	offset  uint32 // of RTP time
	seq     uint16
	rate    int // of the last packet
	payload [][]byte
	count   struct{ packets, bytes uint32 } // as reports count them

	reported time.Time
}

func newSender(t *rtc.Track) *sender {
	var random [6]byte
	_, _ = rand.Read(random[:]) // never fails
	return &sender{
		track:  t,
		h264:   h264.Packetiser{Mode: 1, MaxPayload: maxPayload},
		vp8:    vp8.Packetiser{MaxPayload: maxPayload},
		offset: binary.BigEndian.Uint32(random[:]),
		seq:    binary.BigEndian.Uint16(random[4:]),
	}
}

// send packs a unit and sends it.
func (s *sender) send(u *media.Unit) error {
	payloadType, rate, ok := s.track.Format(u.Format.Codec)
	if !ok {
		return nil // the stream changed its codec under the reader; what it takes comes next
	}
	s.rate = rate
	video := u.Kind() == media.Video
	s.payload = s.pack(s.payload[:0], u)
	h := rtp.Header{Version: 2, PayloadType: payloadType, Timestamp: s.offset + ticks(u.PTS, rate)}
	for i, payload := range s.payload {
		s.seq++
		h.SequenceNumber = s.seq
		h.Marker = i == len(s.payload)-1 && (video || u.Gap) // audio: a talkspurt begins (RFC 3551 section 4.1)
		s.past.keep(h, payload)
		if err := s.track.Write(h, payload); err != nil {
			return err
		}
		s.count.packets++
		s.count.bytes += uint32(len(payload))
		s.tally.sent(len(payload))
	}
	clear(s.payload)
	return nil
}

func (s *sender) pack(dst [][]byte, u *media.Unit) [][]byte {
	switch u.Format.Codec {
	case media.H264:
		return s.h264.Append(dst, u)
	case media.VP8:
		return s.vp8.Append(dst, u)
	default:
		return append(dst, u.Payload)
	}
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
