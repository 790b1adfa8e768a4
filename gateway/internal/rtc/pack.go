package rtc

import (
	"sync"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/codec/vp8"
	"callcast/gateway/internal/media"
)

const (
	maxPayload = 1160 // leaves room for what SRTP, UDP and a tunnel add to it
	packed     = 128  // units that are packed and kept: browsers are sent the same one at about the same time
)

// packs remembers how pictures were packed, so that one that many browsers watch is packed once, and kept once for
// those that miss a part of it. It is safe for concurrent use.
type packs struct {
	mu     sync.Mutex // guards what follows
	of     map[*media.Unit][][]byte
	recent [packed]*media.Unit // oldest first from next on
	next   int
}

// pack returns the payloads of an H.264 unit. They are shared: nobody changes them.
func (p *packs) pack(u *media.Unit) [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if payloads, ok := p.of[u]; ok {
		return payloads
	}
	payloads := h264.Packetiser{Mode: 1, MaxPayload: maxPayload}.Append(nil, u)
	delete(p.of, p.recent[p.next])
	p.of[u], p.recent[p.next] = payloads, u
	p.next = (p.next + 1) % packed
	return payloads
}

// packer packs the units of one track.
type packer struct {
	shared *packs
	vp8    vp8.Packetiser
	sound  [1][]byte
}

func newPacker(shared *packs) packer {
	return packer{shared: shared, vp8: vp8.Packetiser{MaxPayload: maxPayload}}
}

// Pack returns the payloads of a unit, not to be changed. The slice that holds them is good until the next call.
func (p *packer) Pack(u *media.Unit) [][]byte {
	switch u.Format.Codec {
	case media.H264:
		return p.shared.pack(u)
	case media.VP8:
		return p.vp8.Append(nil, u)
	default:
		p.sound[0] = u.Payload
		return p.sound[:]
	}
}
