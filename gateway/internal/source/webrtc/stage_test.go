package webrtc

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/assets"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc"
	"callcast/gateway/internal/rtc/rtctest"
	"callcast/gateway/internal/stream"
)

const patience = 10 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a browser that publishes, and one who reads what it publishes.
type stage struct {
	*rtctest.Camera
	stream    *stream.Stream
	publisher *Publisher
	reader    *stream.Reader
	connected chan struct{}
	stop      context.CancelFunc
	ended     chan error
	video     packer
	audio     packer
}

// publish makes a stage whose browser has connected.
func publish(t *testing.T, p rtctest.CameraParams) *stage {
	t.Helper()
	s := setUp(t, p, patience, true)
	receive(t, s.connected)
	receive(t, s.Connected)
	return s
}

func setUp(t *testing.T, p rtctest.CameraParams, connectTime time.Duration, accept bool) *stage {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s := &stage{
		Camera: rtctest.NewCamera(t, p), stream: stream.New(stream.Params{Name: "s", Log: log}),
		connected: make(chan struct{}), ended: make(chan error, 1),
		video: packer{rate: 90000, stamp: 0xFFFFF000, number: 65000}, audio: packer{rate: 8000, stamp: 7, number: 100},
	}
	if p.Audio == media.Opus {
		s.audio.rate = 48000
	}
	endpoint, err := rtc.Listen(t.Context(), rtc.Params{Host: "127.0.0.1", Log: log})
	require.NoError(t, err)
	peer, answer, err := endpoint.Receive(t.Context(), s.Offer(t))
	require.NoError(t, err)
	require.Equal(t, p.Audio != "", peer.Has(media.Audio))
	require.Equal(t, p.Video != "", peer.Has(media.Video))
	s.publisher = New(Params{
		ID: "p", Stream: s.stream, Peer: peer, ConnectTime: connectTime, OnConnected: func() { close(s.connected) }, Log: log,
	})
	s.reader = s.stream.Attach(stream.ReaderParams{
		Audio: []media.Codec{media.Opus, media.PCMA, media.G722}, Video: []media.Codec{media.H264, media.VP8},
	})
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.ended <- s.publisher.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
		s.reader.Close()
		s.stream.Close()
		require.NoError(t, endpoint.Close())
	})
	if accept {
		s.Accept(t, answer)
	}
	return s
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		require.FailNow(t, "nothing comes")
		panic("unreachable")
	}
}

// next is the next unit of the stream.
func (s *stage) next(t *testing.T) *media.Unit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	u, err := s.reader.Next(ctx)
	require.NoError(t, err)
	return u
}

// packer numbers packets.
type packer struct {
	rate   int
	stamp  uint32 // at 0
	number uint16
}

func (p *packer) packets(at time.Duration, payloads ...[]byte) []*rtp.Packet {
	var all []*rtp.Packet
	for i, payload := range payloads {
		p.number++
		stamp := p.stamp + uint32(at*time.Duration(p.rate)/time.Second)
		all = append(all, &rtp.Packet{
			Header:  rtp.Header{SequenceNumber: p.number, Timestamp: stamp, Marker: i == len(payloads)-1},
			Payload: payload,
		})
	}
	return all
}

func (s *stage) speak(t *testing.T, at time.Duration, payload []byte) {
	t.Helper()
	for _, p := range s.audio.packets(at, payload) {
		s.Send(t, media.Audio, p)
	}
}

func (s *stage) show(t *testing.T, u *media.Unit) {
	t.Helper()
	packetiser := h264.Packetiser{Mode: 1, MaxPayload: 1100}
	for _, p := range s.video.packets(u.PTS, packetiser.Append(nil, u)...) {
		s.Send(t, media.Video, p)
	}
}

// picture is one of H264 that looks right as far as anybody looks before it is decoded.
func picture(n int, key bool, size int) *media.Unit {
	nal := bytes.Repeat([]byte{byte(n), byte(n >> 8), 0x55}, size/3+2)
	nal[0], nal[1], nal[2] = 0x41, 0x9A, 0x80
	if key {
		nal[0], nal[1] = 0x65, 0x88
	}
	format := &media.Format{Codec: media.H264}
	for set := range h264.AnnexB(assets.Slate()) {
		switch set[0] & 0x1F {
		case 7:
			format.SPS = set
		case 8:
			format.PPS = set
		}
	}
	at := time.Duration(n) * 40 * time.Millisecond
	return &media.Unit{Format: format, PTS: at, Key: key, Payload: h264.AppendNAL(nil, nal)}
}

// at puts a picture elsewhere.
func at(u *media.Unit, pts time.Duration) *media.Unit {
	u.PTS = pts
	return u
}
