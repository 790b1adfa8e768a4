package sip

import (
	"log/slog"
	"sync"
	"time"

	"callcast/gateway/internal/codec/dtmf"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/playout"
	"callcast/gateway/internal/sdp"
	"callcast/gateway/internal/slate"
)

// back is what flows to the other side: an injected stream, a sound, tones; and where there is none of them silence and
// the slate, because many telephones drop a call whose media stops; or, where the call only receives, just enough to keep
// the way through a NAT open.
type back struct {
	audio audioOut
	video videoOut

	mu  sync.Mutex // guards what follows
	job job
}

// job is what there is to send.
type job struct {
	plan    plan
	keys    string           // not yet handed to audio
	playout *playout.Playout // of the injected stream, if there is one
	sound   *sound           // that is played, if there is one
	muted   bool             // silence goes in place of both
	showKey bool             // the other side has asked for a key picture
}

// plan is what was agreed on.
type plan struct {
	audio, video   bool // agreed on at all
	speak, show    bool // and to be sent
	codec          media.Codec
	audioType      uint8
	events         *sdp.Payload
	pictures       media.Codec
	videoType      uint8
	packetiserMode int // of H.264
}

func newBack(audio, video rtpSender, slates slate.Set, log *slog.Logger) *back {
	audio.SetSendClock(audioRate)
	video.SetSendClock(videoRate)
	return &back{
		audio: audioOut{out: newOut(audio), log: log},
		video: newVideoOut(video, slates),
	}
}

// close frees what coded sound. Nothing is sent afterwards.
func (b *back) close() { b.audio.close() }

func (b *back) negotiated(a sdp.Answer) {
	var p plan
	if m := a.Audio; m != nil {
		p.audio, p.speak = m.RTP.IsValid(), m.Direction.Send
		p.codec, p.audioType, p.events = m.Payloads[0].Codec, m.Payloads[0].Type, m.DTMF
	}
	if m := a.Video; m != nil {
		p.video, p.show = m.RTP.IsValid(), m.Direction.Send
		first := m.Payloads[0]
		p.pictures, p.videoType, p.packetiserMode = first.Codec, first.Type, first.PacketizationMode
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.job.plan = p
}

// queue appends keys to those that are to be played.
func (b *back) queue(keys string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.job.plan.speak:
		return errNotSending
	case !dtmf.Valid(keys):
		return errNoKey
	}
	b.job.keys += keys
	return nil
}

// inject puts a stream in the place of silence and slate; nil puts them back.
func (b *back) inject(p *playout.Playout) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.job.playout = p
}

// play puts a sound in the place of all others; nil gives the place back.
func (b *back) play(s *sound) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.job.sound = s
}

// mute puts silence in place of stream and sound, or takes it away.
func (b *back) mute(muted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.job.muted = muted
}

// showKey sends a key picture soon.
func (b *back) showKey() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.job.showKey = true
}

// take returns what there is to do. What is said once is handed over.
func (b *back) take() job {
	b.mu.Lock()
	defer b.mu.Unlock()
	j := b.job
	b.job.keys, b.job.showKey = "", false
	return j
}

// tick sends what is due, and tells when the next picture of an injected stream is; the zero time if none waits. Only the
// pacer calls it.
func (b *back) tick(now time.Time) (picture time.Time) {
	j := b.take()
	b.audio.tones.Queue(j.keys)
	switch {
	case j.plan.speak:
		b.audio.tick(now, j)
	case j.plan.audio:
		b.audio.keepAlive(now)
	}
	if j.sound != nil && j.sound.over {
		b.finish(j.sound)
	}
	return b.show(now, j)
}

// picture sends the pictures that have become due since the last tick. Only the pacer calls it.
func (b *back) picture(now time.Time) (next time.Time) { return b.show(now, b.take()) }

func (b *back) show(now time.Time, j job) (next time.Time) {
	switch {
	case j.plan.show:
		return b.video.tick(now, j)
	case j.plan.video:
		b.video.keepAlive(now)
	}
	return time.Time{}
}

// finish ends a sound that is over, unless another was put in its place.
func (b *back) finish(s *sound) {
	b.mu.Lock()
	current := b.job.sound == s
	if current {
		b.job.sound = nil
	}
	b.mu.Unlock()
	if current && s.ended != nil {
		s.ended()
	}
}
