package webrtc

import (
	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

// Stats describes audio and video as received.
func (p *Publisher) Stats() (audio, video gateway.MediaStats) {
	heard, seen := p.params.Stream.Stats()
	audio, video = p.arrived(media.Audio, heard), p.arrived(media.Video, seen)
	audio.Codec = p.audio.codec()
	format, withheld := p.video.stats()
	if format != nil {
		video.Codec, video.Width, video.Height = string(format.Codec), format.Width, format.Height
	}
	video.Damaged, video.KeyRequests = withheld, p.keys.count()
	return audio, video
}

// arrived is what is known of packets, and of the stream that is made of them.
func (p *Publisher) arrived(k media.Kind, of stream.Stats) gateway.MediaStats {
	p.mu.Lock()
	in, remote := p.inputs[k], p.remote
	p.mu.Unlock()
	if in == nil {
		return gateway.MediaStats{}
	}
	r := in.stats()
	return gateway.MediaStats{
		FPS: of.FPS, BitsPerSec: int(of.BPS), Packets: r.Packets, Bytes: r.Bytes,
		Lost: r.Lost, LossPercent: r.LossPercent, JitterMS: r.JitterMS, Discarded: r.Discarded + r.Invalid, Remote: remote,
	}
}
