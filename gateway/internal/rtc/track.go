package rtc

import (
	"encoding/binary"
	"io"
	"net/url"
	"slices"
	"sync"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"callcast/gateway/internal/media"
)

// Track carries packets of one kind of media to a peer, in any of the codecs that were agreed on: which one it is, each
// packet says.
type Track struct {
	packer
	kind   media.Kind
	group  string // the stream both tracks of a peer belong to, so that the browser plays them together
	codecs codecs
	sender *webrtc.RTPSender
	left   func() // is told once the browser has said goodbye, before packets are refused

	mu   sync.Mutex // guards what follows
	ssrc uint32
	out  webrtc.TrackLocalWriter // nil until the browser can be reached
	rtx  struct {
		ssrc uint32 // 0 = packets are sent again as they were
		seq  uint16
	}
}

// newTrack makes a track of the stream named group. Browsers take no blanks in that name.
func (e *Endpoint) newTrack(k media.Kind, group string, c codecs) *Track {
	return &Track{kind: k, packer: newPacker(&e.packs), group: url.QueryEscape(group), codecs: c}
}

// bind gives the track its way to the browser. When pion takes it away, the browser has left.
func (t *Track) bind(transceiver *webrtc.RTPTransceiver, p *Peer) {
	t.sender, t.left = transceiver.Sender(), func() { p.leave(ErrLeft) }
}

// Codecs is what may be sent, most preferred first.
func (t *Track) Codecs() []media.Codec {
	all := make([]media.Codec, len(t.codecs))
	for i, c := range t.codecs {
		all[i] = c.codec
	}
	return all
}

// Format returns the payload type and the clock rate of a codec.
func (t *Track) Format(want media.Codec) (payloadType uint8, rate int, ok bool) {
	for _, c := range t.codecs {
		if c.codec == want {
			return uint8(c.params.PayloadType), int(c.params.ClockRate), true
		}
	}
	return 0, 0, false
}

// SSRC identifies the track in reports. It is known once the peer is connected.
func (t *Track) SSRC() uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ssrc
}

// Write sends a packet. The header gets the track's SSRC; it is the caller's again afterwards, as is the payload.
func (t *Track) Write(h *rtp.Header, payload []byte) error {
	t.mu.Lock()
	out := t.out
	h.SSRC = t.ssrc
	t.mu.Unlock()
	if out == nil {
		return io.ErrClosedPipe
	}
	_, err := out.WriteRTP(h, payload)
	return err
}

// Resend sends a packet again that has been sent: as a packet of its own that holds the first one's number and payload
// if the browser takes that (RFC 4588 section 4), so that it can tell the two apart, else as it was.
func (t *Track) Resend(h rtp.Header, payload []byte) error {
	at := slices.IndexFunc(t.codecs, func(c codec) bool { return uint8(c.params.PayloadType) == h.PayloadType })
	t.mu.Lock()
	out, ssrc := t.out, t.rtx.ssrc
	if ssrc == 0 || at < 0 || t.codecs[at].rtx == 0 {
		t.mu.Unlock()
		return t.Write(&h, payload)
	}
	t.rtx.seq++
	number := h.SequenceNumber
	h.SSRC, h.PayloadType, h.SequenceNumber = ssrc, uint8(t.codecs[at].rtx), t.rtx.seq
	t.mu.Unlock()
	if out == nil {
		return io.ErrClosedPipe
	}
	again := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(payload)), number)
	_, err := out.WriteRTP(&h, append(again, payload...))
	return err
}

// ReadFeedback waits for what the browser says of the track. It returns an error once the peer is closed.
func (t *Track) ReadFeedback() ([]rtcp.Packet, error) {
	buf := make([]byte, maxPacket)
	for {
		n, _, err := t.sender.Read(buf)
		if err != nil {
			return nil, err
		}
		if packets, err := rtcp.Unmarshal(buf[:n]); err == nil {
			return packets, nil
		}
	}
}

// local is a Track as pion sees it.
type local struct{ *Track }

var _ webrtc.TrackLocal = local{}

func (l local) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ssrc, l.out, l.rtx.ssrc = uint32(c.SSRC()), c.WriteStream(), uint32(c.SSRCRetransmission())
	return l.codecs[0].params, nil
}

func (l local) Unbind(webrtc.TrackLocalContext) error {
	l.left()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out = nil
	return nil
}

func (l local) ID() string       { return l.kind.String() }
func (l local) RID() string      { return "" }
func (l local) StreamID() string { return l.group }

func (l local) Kind() webrtc.RTPCodecType { return pionKind(l.kind) }

func pionKind(k media.Kind) webrtc.RTPCodecType {
	if k == media.Video {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}
