package sip

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtp"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/dtmf"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/sdp"
)

// rtpSender sends the packets of one RTP stream.
type rtpSender interface {
	Send(*rtp.Packet) error
	SetSendClock(rate int)
}

// back is what flows to the other side: silence and tones, and the slate, because many telephones drop a call whose
// media stops; or, where the call only receives, just enough to keep the way through a NAT open.
type back struct {
	audio audioOut
	video videoOut

	mu   sync.Mutex // guards what follows
	plan plan
	keys string // not yet handed to audio
}

// plan is what was agreed on.
type plan struct {
	audio, video   bool // agreed on at all
	speak, show    bool // and to be sent
	codec          media.Codec
	audioType      uint8
	events         *sdp.Payload
	videoType      uint8
	packetiserMode int
}

func newBack(audio, video rtpSender, picture *slate) *back {
	audio.SetSendClock(audioRate)
	video.SetSendClock(videoRate)
	return &back{
		audio: audioOut{out: newOut(audio)},
		video: videoOut{out: newOut(video), slate: picture},
	}
}

func (b *back) negotiated(a sdp.Answer) {
	var p plan
	if m := a.Audio; m != nil {
		p.audio, p.speak = m.RTP.IsValid(), m.Direction.Send
		p.codec, p.audioType, p.events = m.Payloads[0].Codec, m.Payloads[0].Type, m.DTMF
	}
	if m := a.Video; m != nil {
		p.video, p.show = m.RTP.IsValid(), m.Direction.Send
		p.videoType, p.packetiserMode = m.Payloads[0].Type, m.Payloads[0].PacketizationMode
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plan = p
}

// queue appends keys to those that are to be played.
func (b *back) queue(keys string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.plan.speak:
		return errNotSending
	case b.plan.events == nil:
		return errNoEvents
	case !dtmf.Valid(keys):
		return errNoKey
	}
	b.keys += keys
	return nil
}

// tick sends what is due. Only the pacer calls it.
func (b *back) tick(now time.Time) {
	b.mu.Lock()
	p, keys := b.plan, b.keys
	b.keys = ""
	b.mu.Unlock()
	b.audio.tones.Queue(keys)
	switch {
	case p.speak:
		b.audio.tick(now, p)
	case p.audio:
		b.audio.keepAlive(now)
	}
	switch {
	case p.show:
		b.video.tick(now, p)
	case p.video:
		b.video.keepAlive(now)
	}
}

// out is one outgoing RTP stream.
type out struct {
	sender rtpSender
	packet rtp.Packet // sent again and again, with the next number
	alive  time.Time  // when keepAlive last sent
}

func newOut(s rtpSender) out {
	o := out{sender: s}
	o.packet.SequenceNumber, o.packet.Timestamp = uint16(rand.Uint32()), rand.Uint32()
	return o
}

// send sends a packet. What cannot be sent is not sent again: the stream goes on as if it had been lost on the way.
func (o *out) send(payloadType uint8, stamp uint32, marker bool, payload []byte) {
	o.packet.PayloadType, o.packet.Timestamp, o.packet.Marker, o.packet.Payload = payloadType, stamp, marker, payload
	o.packet.SequenceNumber++
	_ = o.sender.Send(&o.packet)
}

// An empty packet of a payload type that nobody uses keeps a NAT binding (RFC 6263 section 4.6).
const (
	keepAlivePeriod = 15 * time.Second
	unusedType      = 20
)

func (o *out) keepAlive(now time.Time) {
	if now.Sub(o.alive) >= keepAlivePeriod {
		o.alive = now
		o.send(unusedType, o.packet.Timestamp, false, nil)
	}
}

// audioOut sends silence, and the tones that are queued.
type audioOut struct {
	out
	tones   dtmf.Sender
	due     time.Time // of the next frame
	stamp   uint32    // of the next frame
	codec   media.Codec
	silence []byte // in codec
}

// maxCatchUp is how far frames that are overdue, because the machine was busy, are still sent.
const maxCatchUp = 5 * frame

func (a *audioOut) tick(now time.Time, p plan) {
	if a.codec != p.codec {
		a.codec, a.silence = p.codec, media.Silence(p.codec, frameSamples)
	}
	if late := now.Sub(a.due); late > maxCatchUp {
		if !a.due.IsZero() {
			a.stamp += uint32(clock.Ticks(late, audioRate))
		}
		a.due = now
	}
	for ; !a.due.After(now); a.due = a.due.Add(frame) {
		a.frame(p)
		a.stamp += frameSamples
	}
}

func (a *audioOut) frame(p plan) {
	if p.events != nil {
		if tone, ok := a.tones.Next(a.stamp, p.events.ClockRate); ok {
			a.send(p.events.Type, tone.Timestamp, tone.Marker, tone.Payload)
			return
		}
	}
	a.send(p.audioType, a.stamp, false, a.silence)
}

// videoOut sends the slate.
type videoOut struct {
	out
	slate    *slate
	begun    time.Time
	due      time.Time
	shown    uint64
	payloads [][]byte // room, used again
}

// maxPayload leaves room for headers within the smallest usual MTU.
const maxPayload = 1200

func (v *videoOut) tick(now time.Time, p plan) {
	if now.Before(v.due) {
		return
	}
	if v.begun.IsZero() {
		v.begun = now
	}
	v.due = now.Add(slatePeriod)
	stamp := uint32(clock.Ticks(now.Sub(v.begun), videoRate))
	packetiser := h264.Packetiser{Mode: p.packetiserMode, MaxPayload: maxPayload}
	v.payloads = packetiser.Append(v.payloads[:0], v.slate.unit(v.shown))
	for i, payload := range v.payloads {
		v.send(p.videoType, stamp, i == len(v.payloads)-1, payload)
	}
	v.shown++
}
