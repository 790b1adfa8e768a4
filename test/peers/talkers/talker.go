package main

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const frame = 20 * time.Millisecond

// talker is one browser.
type talker struct {
	codec   codec
	says    [][]byte // frames
	marking bool
	keeper  keeper        // nil: what it hears is not kept
	hears   chan struct{} // closed with the first packet

	pc    *webrtc.PeerConnection
	line  line
	stop  context.CancelFunc
	tasks sync.WaitGroup

	sent, received, missing atomic.Int64

	mu   sync.Mutex // guards what follows
	said mark
	come mark
}

// line is the way to the gateway beside the media.
type line interface {
	// open hands the offer over and returns the answer.
	open(offer string) (answer string, err error)
	close() error
}

// marks are when a talker's marks left and came, in nanoseconds since 1970.
type marks struct {
	Sent  []int64 `json:"sent"`
	Heard []int64 `json:"heard"`
}

// mark notes where sound begins after silence.
type mark struct {
	at    []int64
	quiet int // frames
}

const silence = 10 // frames that make sure that what comes then is a mark

func (m *mark) frame(sounds bool, now time.Time) {
	switch {
	case !sounds:
		m.quiet++
	case m.quiet >= silence:
		m.at = append(m.at, now.UnixNano())
		fallthrough
	default:
		m.quiet = 0
	}
}

func (t *talker) open(api *webrtc.API, address, callee string) (err error) {
	if t.pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return err
	}
	t.pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		t.tasks.Go(func() { t.hear(track) })
		t.tasks.Go(func() { drain(receiver.Read) })
	})
	if strings.HasPrefix(address, "ws") {
		t.line = &call{address: address, callee: callee}
		return t.talk()
	}
	t.line = &viewing{address: address}
	if _, err := t.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{
		Direction: webrtc.RTPTransceiverDirectionRecvonly,
	}); err != nil {
		return err
	}
	return t.negotiate()
}

// talk negotiates and begins to speak.
func (t *talker) talk() error {
	track, err := webrtc.NewTrackLocalStaticRTP(t.codec.parameters.RTPCodecCapability, "audio", "talker")
	if err != nil {
		return err
	}
	sender, err := t.pc.AddTrack(track)
	if err != nil {
		return err
	}
	t.tasks.Go(func() { drain(sender.Read) })
	ctx, stop := context.WithCancel(context.Background())
	t.stop = stop
	connected := make(chan struct{})
	var once sync.Once
	t.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(connected) })
		}
	})
	if err := t.negotiate(); err != nil {
		return err
	}
	t.tasks.Go(func() {
		select {
		case <-connected:
			t.speak(ctx, track)
		case <-ctx.Done():
		}
	})
	return nil
}

func (t *talker) negotiate() error {
	offer, err := t.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := t.pc.SetLocalDescription(offer); err != nil {
		return err
	}
	answer, err := t.line.open(offer.SDP)
	if err != nil {
		return err
	}
	return t.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
}

// speak sends a frame every 20 ms until ctx ends.
func (t *talker) speak(ctx context.Context, track *webrtc.TrackLocalStaticRTP) {
	packet := rtp.Packet{Header: rtp.Header{Version: 2}}
	began := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; ; n++ {
		timer.Reset(time.Until(began.Add(time.Duration(n) * frame)))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		packet.Payload = t.says[n%len(t.says)]
		t.note(&t.said, packet.Payload)
		if track.WriteRTP(&packet) != nil {
			return // it is being closed
		}
		t.sent.Add(1)
		packet.SequenceNumber++
		packet.Timestamp += t.codec.step
	}
}

// hear counts what comes until the talker leaves.
func (t *talker) hear(track *webrtc.TrackRemote) {
	const mtu = 1500
	buffer := make([]byte, mtu)
	var packet rtp.Packet
	var last uint16
	for first := true; ; {
		n, _, err := track.Read(buffer)
		if err != nil {
			return
		}
		if packet.Unmarshal(buffer[:n]) != nil {
			continue
		}
		t.received.Add(1)
		t.note(&t.come, packet.Payload)
		if t.keeper != nil {
			_ = t.keeper.WriteRTP(&packet)
		}
		step := int16(packet.SequenceNumber - last)
		switch {
		case first:
			first, last = false, packet.SequenceNumber
			close(t.hears)
		case step > 0:
			t.missing.Add(int64(step) - 1)
			last = packet.SequenceNumber
		default: // one that was given up comes late
			t.missing.Add(-1)
		}
	}
}

// note looks for a mark.
func (t *talker) note(m *mark, payload []byte) {
	if !t.marking {
		return
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	m.frame(t.codec.sounds(payload), now)
}

// drain reads the reports, which pion wants read.
func drain[T any](read func([]byte) (int, T, error)) {
	const mtu = 1500
	buffer := make([]byte, mtu)
	for {
		if _, _, err := read(buffer); err != nil {
			return
		}
	}
}

func (t *talker) addTo(all *report) {
	all.Sent += t.sent.Load()
	all.Received += t.received.Load()
	all.Missing += t.missing.Load()
	if !t.marking {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	all.Marks = append(all.Marks, marks{append([]int64{}, t.said.at...), append([]int64{}, t.come.at...)})
}

// leave hangs up.
func (t *talker) leave() error {
	var err error
	if t.line != nil {
		err = t.line.close()
	}
	if t.stop != nil {
		t.stop()
	}
	if t.pc != nil {
		_ = t.pc.GracefulClose()
	}
	t.tasks.Wait()
	if t.keeper != nil {
		_ = t.keeper.Close()
	}
	return err
}
