package preview

import (
	"math"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/media"
)

const (
	meterWindow = 50 * time.Millisecond // long enough for a low tone, short enough to follow speech
	fullScale   = 32768
)

// meter measures how loud sound is. It has a decoder for the codec that it last heard.
type meter struct {
	codec media.Codec
	sound *transcode.Sound // nil if this build cannot decode it
	count int              // samples of all channels
	power float64
	peak  float64
}

// hear takes a unit and returns a level when a window is complete.
func (m *meter) hear(u *media.Unit) (gateway.Level, bool) {
	if u.Format.Codec != m.codec {
		m.close()
		m.codec = u.Format.Codec
		m.sound, _ = transcode.NewSound(m.codec) // without it the meter stands still
	}
	if m.sound == nil {
		return gateway.Level{}, false
	}
	samples, rate, channels, err := m.sound.Samples(u)
	if err != nil {
		return gateway.Level{}, false // the next one may do
	}
	for _, sample := range samples {
		v := float64(sample) / fullScale
		m.power += v * v
		m.peak = max(m.peak, math.Abs(v))
	}
	m.count += len(samples)
	if m.count == 0 || time.Duration(m.count)*time.Second < meterWindow*time.Duration(rate*channels) {
		return gateway.Level{}, false
	}
	level := gateway.Level{
		RMS: decibels(math.Sqrt(m.power / float64(m.count))), Peak: decibels(m.peak), At: time.Now(),
	}
	m.count, m.power, m.peak = 0, 0, 0
	return level, true
}

func (m *meter) close() {
	if m.sound != nil {
		m.sound.Close()
	}
	m.sound, m.codec = nil, ""
}

// decibels relates an amplitude to full scale.
func decibels(amplitude float64) float64 {
	if amplitude <= 0 {
		return gateway.SilenceLevel
	}
	return max(20*math.Log10(amplitude), gateway.SilenceLevel)
}
