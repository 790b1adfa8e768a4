package rtmp

// TagType is the sort of an FLV tag, by its RTMP message type.
type TagType byte

// The sorts of tags that are carried.
const (
	TagAudio TagType = TagType(typeAudio)
	TagVideo TagType = TagType(typeVideo)
)

// Tag is one FLV tag without its header: what an audio or video message carries. A payload that was read belongs to
// the reader; one that is written may be reused when the call returns.
type Tag struct {
	Type      TagType
	Timestamp uint32 // milliseconds, modulo 2^32
	Payload   []byte
}

func (m message) isMedia() bool { return m.kind == typeAudio || m.kind == typeVideo }

func (m message) tag() Tag {
	return Tag{Type: TagType(m.kind), Timestamp: m.timestamp, Payload: m.payload}
}

// Metadata is what onMetaData tells about a stream. A zero field is left out.
type Metadata struct {
	Width, Height   int
	AudioSampleRate int
	AudioChannels   int
}

// FLV codec numbers in onMetaData (Video File Format Specification 10.1, annex E.4).
const (
	flvAVC = 7
	flvAAC = 10
)

// values is the object that onMetaData carries.
func (m Metadata) values() map[string]any {
	v := map[string]any{"encoder": "Callcast"}
	if m.Width > 0 {
		v["width"], v["height"], v["videocodecid"] = m.Width, m.Height, flvAVC
	}
	if m.AudioSampleRate > 0 {
		v["audiosamplerate"], v["audiosamplesize"] = m.AudioSampleRate, 16
		v["audiocodecid"], v["stereo"] = flvAAC, m.AudioChannels > 1
	}
	return v
}
