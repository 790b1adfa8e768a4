package transcode

import (
	"time"

	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

// law converts between the two laws of G.711, code by code.
type law struct {
	table  [256]byte
	format *media.Format
	out    [1]*media.Unit // what Convert returns
}

func newLaw(from, to media.Codec) *law {
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	l := &law{format: &media.Format{Codec: to, SampleRate: telephoneRate, Channels: 1}}
	copy(l.table[:], g711.Encode(nil, to, g711.Decode(nil, from, codes)))
	return l
}

// Convert returns u in the other law. The slice is good until the next call.
func (l *law) Convert(u *media.Unit) ([]*media.Unit, error) {
	v := *u
	v.Format, v.Payload = l.format, make([]byte, len(u.Payload))
	for i, b := range u.Payload {
		v.Payload[i] = l.table[b]
	}
	l.out[0] = &v
	return l.out[:], nil
}

// Patience is none: there is nothing to gather.
func (*law) Patience() time.Duration { return 0 }

// Close does nothing.
func (*law) Close() {}
