package demophone

import (
	"bytes"
	"fmt"

	"github.com/pion/rtp/codecs"

	"callcast/assets"
)

// maxPayload bounds what is put into one packet in packetization-mode 1. It lies below the clip's slice size, so that
// the clip goes out as fragments, as single NAL units and as aggregates.
const maxPayload = 900

// clip is the demo clip, ready to be sent: everything that can be done once for all calls is done. It is immutable.
type clip struct {
	alaw, ulaw []byte
	entries    [assets.ClipFrames / assets.ClipEntryStep]entry
}

// entry is the clip from one IDR to its end.
type entry []picture

// picture is one access unit as RTP payloads, for packetization-mode 0 and 1 (RFC 6184).
type picture struct {
	single    [][]byte
	fragments [][]byte
}

func loadClip() (*clip, error) {
	c := &clip{alaw: assets.ClipAudio()}
	c.ulaw = make([]byte, len(c.alaw))
	for i, code := range c.alaw {
		c.ulaw[i] = alawToUlaw(code)
	}
	for i := range c.entries {
		first := i * assets.ClipEntryStep
		stream, err := assets.ClipVideo(first)
		if err != nil {
			return nil, fmt.Errorf("read clip: %w", err)
		}
		c.entries[i] = packetise(stream)
		if len(c.entries[i]) != assets.ClipFrames-first {
			return nil, fmt.Errorf("clip from picture %d has %d pictures", first, len(c.entries[i]))
		}
	}
	return c, nil
}

// packetise cuts a byte stream at its access unit delimiters.
func packetise(stream []byte) entry {
	const delimiter = 9
	var e entry
	var payloader codecs.H264Payloader
	for nal := range bytes.SplitSeq(stream, []byte{0, 0, 1}) {
		nal = bytes.TrimRight(nal, "\x00")
		if len(nal) == 0 {
			continue
		}
		if nal[0]&0x1F == delimiter {
			e = append(e, picture{})
			continue
		}
		p := &e[len(e)-1]
		p.single = append(p.single, nal)
		p.fragments = append(p.fragments, payloader.Payload(maxPayload, nal)...)
	}
	return e
}

// alawToUlaw converts by way of the linear value (ITU-T G.711).
func alawToUlaw(code byte) byte {
	code ^= 0x55
	v := int(code&0x0F)<<4 + 8
	if segment := code >> 4 & 7; segment > 0 {
		v = (v + 0x100) << (segment - 1)
	}
	out := byte(0x7F)
	if code&0x80 != 0 {
		out = 0xFF
	}
	v = min(v+0x84, 0x7FFF)
	segment := 7
	for mask := 0x4000; segment > 0 && v&mask == 0; mask >>= 1 {
		segment--
	}
	return out ^ byte(segment<<4|v>>(segment+3)&0x0F)
}
