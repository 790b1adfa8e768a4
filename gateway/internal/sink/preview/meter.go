package preview

import (
	"math"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

const (
	meterWindow = 50 * time.Millisecond // long enough for a low tone, short enough to follow speech
	fullScale   = 32768
)

// meter measures how loud G.711 is.
type meter struct {
	linear []int16
	count  int
	power  float64
	peak   float64
}

// hear takes a unit and returns a level when a window is complete.
func (m *meter) hear(u *media.Unit) (gateway.Level, bool) {
	m.linear = g711.Decode(m.linear[:0], u.Format.Codec, u.Payload)
	for _, sample := range m.linear {
		v := float64(sample) / fullScale
		m.power += v * v
		m.peak = max(m.peak, math.Abs(v))
	}
	m.count += len(m.linear)
	if rate := u.Format.SampleRate; m.count == 0 || time.Duration(m.count)*time.Second < meterWindow*time.Duration(rate) {
		return gateway.Level{}, false
	}
	level := gateway.Level{
		RMS: decibels(math.Sqrt(m.power / float64(m.count))), Peak: decibels(m.peak), At: time.Now(),
	}
	m.count, m.power, m.peak = 0, 0, 0
	return level, true
}

// decibels relates an amplitude to full scale.
func decibels(amplitude float64) float64 {
	if amplitude <= 0 {
		return gateway.SilenceLevel
	}
	return max(20*math.Log10(amplitude), gateway.SilenceLevel)
}
