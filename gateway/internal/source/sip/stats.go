package sip

import (
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sdp"
)

// ratePeriod is how long rates are averaged.
const ratePeriod = time.Second

// rate measures units and bytes per second.
type rate struct {
	since        time.Time
	units, bytes uint64 // at since
}

func (r *rate) due(now time.Time) bool { return now.Sub(r.since) >= ratePeriod }

// speed is a result of rate.
type speed struct {
	fps        float64
	bitsPerSec int
}

func (r *rate) measure(now time.Time, units, bytes uint64) speed {
	elapsed := now.Sub(r.since).Seconds()
	first := r.since.IsZero()
	s := speed{
		fps:        float64(units-r.units) / elapsed,
		bitsPerSec: int(float64(bytes-r.bytes) * 8 / elapsed),
	}
	*r = rate{since: now, units: units, bytes: bytes}
	if first {
		return speed{}
	}
	return s
}

// measure takes the rates of the second that has passed. The pacer calls it.
func (s *Source) measure(now time.Time, audio, video *rate) {
	_, heard := s.audio.stats()
	_, seen, _ := s.video.stats()
	a := audio.measure(now, heard.units, s.audioRTP.Stats().Bytes)
	v := video.measure(now, seen.units, s.videoRTP.Stats().Bytes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.audioSpeed, s.videoSpeed = a, v
}

// Stats describes the audio and video of the call as received.
func (s *Source) Stats() (audio, video gateway.MediaStats) {
	s.mu.Lock()
	agreed, audioSpeed, videoSpeed := s.agreed, s.audioSpeed, s.videoSpeed
	s.mu.Unlock()

	codec, heard := s.audio.stats()
	audio = received(s.audioRTP.Stats(), agreed.Audio, audioSpeed, heard)
	if agreed.Audio != nil {
		audio.Codec = string(codec)
	}

	format, seen, withheld := s.video.stats()
	video = received(s.videoRTP.Stats(), agreed.Video, videoSpeed, seen)
	if agreed.Video != nil {
		video.Codec = string(agreed.Video.Payloads[0].Codec)
	}
	if format != nil {
		video.Codec = string(format.Codec)
		video.Width, video.Height = format.Width, format.Height
	}
	video.Damaged = withheld
	video.KeyRequests = s.keys.count()
	return audio, video
}

func received(r rtpio.Stats, m *sdp.Media, at speed, c counted) gateway.MediaStats {
	stats := gateway.MediaStats{
		FPS: at.fps, BitsPerSec: at.bitsPerSec, Packets: r.Packets, Bytes: r.Bytes,
		Lost: r.Lost, LossPercent: r.LossPercent, JitterMS: r.JitterMS, Filled: c.filled,
		Discarded: r.Discarded + r.Invalid, Resent: r.Resent,
	}
	if m != nil {
		stats.Direction = m.Direction.String()
	}
	if r.Remote.IsValid() {
		stats.Remote = r.Remote.String()
	}
	return stats
}
