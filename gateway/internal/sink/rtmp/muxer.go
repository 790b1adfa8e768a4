package rtmp

import (
	"time"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
)

// TagWriter is a connection that takes tags.
type TagWriter interface {
	WriteTag(rtmp.Tag) error
	WriteMetadata(rtmp.Metadata) error
}

// settle is how long audio waits for a picture before it goes out alone.
const settle = 2 * time.Second

// A stream's timeline goes forward. A track's step back further than stepBack means that somebody else publishes now, on
// a timeline of his own. A new reader is first handed what the stream has cached: up to cacheBack of it has been sent
// before.
const (
	stepBack  = 3 * time.Second
	cacheBack = 15 * time.Second
)

// muxer turns units into FLV tags. It outlives connections: timestamps go on where they were, from 0 at the first.
type muxer struct {
	out     TagWriter
	started bool                       // tags flow on this connection
	first   *media.Unit                // that was held back
	formats [media.Kinds]*media.Format // announced on this connection
	meta    rtmp.Metadata
	packed  []byte // the payload of the tag in hand, used again for the next

	based bool
	base  time.Duration              // the time on the stream's timeline that is timestamp 0
	sent  time.Duration              // the latest time sent, on that timeline
	ends  [media.Kinds]time.Duration // and that of each track
	last  [media.Kinds]int64
}

func newMuxer() *muxer { return &muxer{last: [media.Kinds]int64{-1, -1}} }

// connect makes out the connection that takes the tags: it is told everything anew.
func (m *muxer) connect(out TagWriter) {
	m.out, m.started, m.first = out, false, nil
	m.formats, m.meta = [media.Kinds]*media.Format{}, rtmp.Metadata{}
}

// write sends a unit. It holds units back until the connection can start with a picture.
func (m *muxer) write(u *media.Unit) error {
	if !playable(u.Format) || !m.ready(u) {
		return nil
	}
	m.follow(u.Kind(), u.DTS)
	if u.DTS < m.base {
		return nil // audio from before the first picture
	}
	timestamp := m.stamp(u)
	if m.formats[u.Kind()] != u.Format {
		if err := m.announce(u.Format, timestamp); err != nil {
			return err
		}
	}
	m.pack(u)
	return m.out.WriteTag(rtmp.Tag{Type: tagType(u.Kind()), Timestamp: timestamp, Payload: m.packed})
}

// playable reports whether a decoder could be told how to read the units.
func playable(f *media.Format) bool {
	if f.Codec == media.H264 {
		return len(f.SPS) >= 4 && len(f.PPS) > 0
	}
	return f.Codec == media.AAC && len(f.Config) > 0
}

// ready decides whether the connection has begun with u: on a key picture that was not sent before, or with audio
// if no picture comes. Pictures begin with a key picture then, too.
func (m *muxer) ready(u *media.Unit) bool {
	if m.started {
		return u.Kind() == media.Audio || u.Key || m.formats[media.Video] != nil
	}
	if m.based && u.DTS <= m.sent && m.sent-u.DTS < cacheBack {
		return false // sent before
	}
	if m.first == nil {
		m.first = u
	}
	if u.Kind() == media.Video {
		m.started = u.Key
	} else {
		m.started = u.DTS-m.first.DTS >= settle
	}
	return m.started
}

// follow keeps base such that timestamps go on when the stream's timeline begins anew.
func (m *muxer) follow(kind media.Kind, dts time.Duration) {
	switch {
	case !m.based:
		m.based, m.base = true, dts
	case dts < m.ends[kind]-stepBack:
		m.base += dts - m.sent
	default:
		m.sent, m.ends[kind] = max(m.sent, dts), max(m.ends[kind], dts)
		return
	}
	m.sent, m.ends[kind], m.ends[1-kind] = dts, dts, dts-cacheBack // the other track may be behind
}

// stamp is a unit's timestamp: it never stands still or steps back within a kind.
func (m *muxer) stamp(u *media.Unit) uint32 {
	kind := u.Kind()
	m.last[kind] = max((u.DTS - m.base).Milliseconds(), m.last[kind]+1)
	return uint32(m.last[kind])
}

// announce tells the other side how to read the units that follow. It is sent before anything large, so that a
// timestamp beyond 24 bits never stands in a message of several chunks, where peers disagree about it.
func (m *muxer) announce(f *media.Format, timestamp uint32) error {
	meta := m.meta
	if f.Codec.Kind() == media.Video {
		meta.Width, meta.Height = f.Width, f.Height
	} else {
		meta.AudioSampleRate, meta.AudioChannels = f.SampleRate, f.Channels
	}
	if meta != m.meta {
		if err := m.out.WriteMetadata(meta); err != nil {
			return err
		}
		m.meta = meta
	}
	m.formats[f.Codec.Kind()] = f
	tag := rtmp.Tag{Type: tagType(f.Codec.Kind()), Timestamp: timestamp}
	if f.Codec == media.H264 {
		tag.Payload = append([]byte{frameKey | codecAVC, avcHeader, 0, 0, 0}, h264.Config(f.SPS, f.PPS)...)
	} else {
		tag.Payload = append([]byte{soundAAC, aacHeader}, f.Config...)
	}
	return m.out.WriteTag(tag)
}

// The first bytes of tags (Video File Format Specification 10.1, annexes E.4.2 and E.4.3).
const (
	frameKey   = 1 << 4
	frameInter = 2 << 4
	codecAVC   = 7
	avcHeader  = 0
	avcUnit    = 1
	soundAAC   = 10<<4 | 0xF // rate, size and channels are fixed for AAC; the header says what they are
	aacHeader  = 0
	aacFrame   = 1
)

// pack puts a unit into m.packed as the payload of a tag.
func (m *muxer) pack(u *media.Unit) {
	if u.Kind() == media.Audio {
		m.packed = append(m.packed[:0], soundAAC, aacFrame)
	} else {
		frame := byte(frameInter)
		if u.Key {
			frame = frameKey
		}
		delay := uint32(max(0, (u.PTS - u.DTS).Milliseconds()))
		m.packed = append(m.packed[:0], frame|codecAVC, avcUnit, byte(delay>>16), byte(delay>>8), byte(delay))
	}
	m.packed = append(m.packed, u.Payload...)
}

func tagType(k media.Kind) rtmp.TagType {
	if k == media.Video {
		return rtmp.TagVideo
	}
	return rtmp.TagAudio
}
