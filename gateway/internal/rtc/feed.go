package rtc

import (
	"errors"
	"slices"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"callcast/gateway/internal/media"
)

// Feed brings the packets of one kind of media from a peer.
type Feed struct {
	kind     media.Kind
	codecs   codecs
	remote   *webrtc.TrackRemote
	receiver *webrtc.RTPReceiver
	arrivals *arrivals
	number   uint8      // of the header extension that counts packets; 0 = they are not counted
	header   rtp.Header // its memory is used again
}

// feed hands on what a browser begins to send. What is of a kind that has begun already, or was not asked for, is not
// read.
func (p *Peer) feed(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	kind := media.Audio
	if remote.Kind() == webrtc.RTPCodecTypeVideo {
		kind = media.Video
	}
	f := &Feed{kind: kind, codecs: p.incoming[kind], remote: remote, receiver: receiver, arrivals: p.arrivals}
	for _, extension := range receiver.GetParameters().HeaderExtensions {
		if extension.URI == transportNumber {
			f.number = uint8(extension.ID)
		}
	}
	if len(f.codecs) == 0 || !p.begun[kind].CompareAndSwap(false, true) {
		return
	}
	p.feeds <- f // has room for each kind
}

// Kind tells what the feed brings.
func (f *Feed) Kind() media.Kind { return f.kind }

// SSRC identifies the feed in reports.
func (f *Feed) SSRC() uint32 { return uint32(f.remote.SSRC()) }

// Codec tells what a payload type stands for.
func (f *Feed) Codec(payloadType uint8) (media.Codec, bool) {
	at := slices.IndexFunc(f.codecs, func(c codec) bool { return uint8(c.params.PayloadType) == payloadType })
	if at < 0 {
		return "", false
	}
	return f.codecs[at].codec, true
}

// ClockRates are those of all payload types that may come.
func (f *Feed) ClockRates() map[uint8]int {
	rates := map[uint8]int{}
	for _, c := range f.codecs {
		rates[uint8(c.params.PayloadType)] = int(c.params.ClockRate)
	}
	return rates
}

// Read waits for the next packet, in the order of arrival, and puts it into buf. It returns an error once the peer is
// closed.
func (f *Feed) Read(buf []byte) (int, error) {
	for {
		n, _, err := f.remote.Read(buf)
		if errors.Is(err, webrtc.ErrCodecNotFound) {
			continue // one packet that is of no use
		}
		if err == nil && f.number != 0 {
			f.count(buf[:n])
		}
		return n, err
	}
}

// count notes when a packet came, by the number it has among all that the browser sends.
func (f *Feed) count(packet []byte) {
	if _, err := f.header.Unmarshal(packet); err != nil {
		return
	}
	var extension rtp.TransportCCExtension
	if extension.Unmarshal(f.header.GetExtension(f.number)) == nil {
		f.arrivals.record(f.header.SSRC, extension.TransportSequence, time.Now())
	}
}

// ReadReports waits for what the browser says of the feed. It returns an error once the peer is closed.
func (f *Feed) ReadReports() ([]rtcp.Packet, error) {
	buf := make([]byte, maxPacket)
	for {
		n, _, err := f.receiver.Read(buf)
		if err != nil {
			return nil, err
		}
		if packets, err := rtcp.Unmarshal(buf[:n]); err == nil {
			return packets, nil
		}
	}
}
