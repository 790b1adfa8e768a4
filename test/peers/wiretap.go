package peers

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// Wiretap records what is sent to a telephone, off the wire.
type Wiretap struct {
	recorder *recorder
	sniffer  *sniffer
	open     func(from int, packet []byte) ([]byte, bool) // decrypts; nil: media is in the clear
	routes   map[int]route                                // by UDP port
	reported map[int]bool                                 // the ports of RTCP that a sender report came to; take's
	ready    chan struct{}                                // closed when one came to all
}

// route is where a copy of what goes to a port goes. A payload type other than 0, which RTCP has none of, replaces the
// packets' own.
type route struct {
	to          net.Conn
	payloadType byte
}

// TapCall listens on the loopback interface to the RTP and RTCP that go to these addresses, A-law and H.264 in
// packetization-mode 0 or 1, from now on. It returns when sender reports have told how both stand to each other: what ffmpeg
// had recorded before would jump when they do. Without an address for video it listens to the sound alone.
func TapCall(t testing.TB, audio, video string, length time.Duration) *Wiretap {
	t.Helper()
	return tap(t, nil, audio, video, Viewing{Video: video != "", Audio: "PCMA", Record: length})
}

// TapVP8Call does so where the pictures are VP8.
func TapVP8Call(t testing.TB, audio, video string, length time.Duration) *Wiretap {
	t.Helper()
	return tap(t, nil, audio, video, Viewing{Video: true, VP8: true, Audio: "PCMA", Record: length})
}

// TapSecureCall does so with a call that is encrypted. Its SIP messages, with the keys, are in the capture.
func TapSecureCall(t testing.TB, c *Capture, audio, video string, length time.Duration) *Wiretap {
	t.Helper()
	return tap(t, newSecure(t, c.Datagrams()).open, audio, video, Viewing{Video: video != "", Audio: "PCMA", Record: length})
}

func tap(t testing.TB, open func(int, []byte) ([]byte, bool), audio, video string, want Viewing) *Wiretap {
	t.Helper()
	typeVideo := byte(typeH264)
	if want.VP8 {
		typeVideo = typeVP8
	}
	w := &Wiretap{
		open:     open,
		recorder: startRecorder(t, want),
		routes:   map[int]route{}, reported: map[int]bool{}, ready: make(chan struct{}),
	}
	var filter []string
	for address, to := range map[string]struct {
		ports
		payloadType byte
	}{
		audio: {w.recorder.tracks[webrtc.RTPCodecTypeAudio], typePCMA},
		video: {w.recorder.tracks[webrtc.RTPCodecTypeVideo], typeVideo},
	} {
		if address == "" {
			continue
		}
		_, text, err := net.SplitHostPort(address)
		require.NoError(t, err)
		port, err := strconv.Atoi(text)
		require.NoError(t, err)
		w.routes[port], w.routes[port+1] = route{to.media, to.payloadType}, route{to: to.reports}
		filter = append(filter, fmt.Sprintf("dst portrange %d-%d", port, port+1))
	}
	w.sniffer = startSniffer(t, "udp and ("+strings.Join(filter, " or ")+")", w.take)
	select {
	case <-w.ready:
	case <-time.After(patience):
		require.FailNow(t, "no sender reports go to the telephone")
	}
	return w
}

// take passes a datagram on.
func (w *Wiretap) take(d Datagram) {
	r, ok := w.routes[d.To]
	if ok && w.open != nil {
		d.Payload, ok = w.open(d.From, d.Payload)
	}
	if ok && len(d.Payload) >= 2 {
		w.pass(d.Payload, d.To, r)
	}
}

// pass passes on a packet that came to a port.
func (w *Wiretap) pass(packet []byte, port int, r route) {
	const senderReport = 200 // RFC 3550 section 6.4.1
	all := len(w.routes) / 2
	switch {
	case r.payloadType != 0 && len(w.reported) < all:
		return
	case r.payloadType != 0:
		packet[1] = packet[1]&0x80 | r.payloadType
	case packet[1] == senderReport && !w.reported[port]:
		w.reported[port] = true
		if len(w.reported) == all {
			close(w.ready)
		}
	}
	_, _ = r.to.Write(packet)
}

// Recording waits until as much was recorded as was asked for and returns the file.
func (w *Wiretap) Recording(t testing.TB) string {
	t.Helper()
	path := w.recorder.finish(t)
	w.sniffer.stop()
	return path
}
