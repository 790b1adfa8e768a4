package webrtc

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc"
	"callcast/gateway/internal/rtc/rtctest"
	"callcast/gateway/internal/stream"
)

const patience = 10 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a stream with one viewer.
type stage struct {
	stream    *stream.Stream
	publisher *stream.Publisher
	viewer    *Viewer
	answer    string
	asked     atomic.Int32 // for key pictures
	connected atomic.Int32 // how often it was said
	stop      context.CancelFunc
	ended     chan error
}

func newStage(t *testing.T, offer string, connectTime time.Duration, source ...media.Codec) *stage {
	t.Helper()
	return newStageOf(t, stream.Params{}, offer, connectTime, source...)
}

// newStageOf makes a stage with a stream that is like p.
func newStageOf(t *testing.T, p stream.Params, offer string, connectTime time.Duration, source ...media.Codec) *stage {
	t.Helper()
	codecs := [media.Kinds]media.Codec{media.PCMA, media.H264}
	for _, c := range source {
		codecs[c.Kind()] = c
	}
	log := slog.New(slog.DiscardHandler)
	p.Name, p.Log = "s", log
	s := &stage{stream: stream.New(p), ended: make(chan error, 1)}
	s.publisher = s.stream.Publish(stream.PublisherParams{RequestKeyframe: func() { s.asked.Add(1) }})
	endpoint, err := rtc.Listen(t.Context(), rtc.Params{Host: "127.0.0.1", Log: log})
	require.NoError(t, err)
	peer, answer, err := endpoint.Answer(t.Context(), offer, codecs, "s")
	require.NoError(t, err)
	s.answer = answer
	s.viewer = New(Params{
		ID: "v", Stream: s.stream, Peer: peer, ConnectTime: connectTime, OnConnected: func() { s.connected.Add(1) }, Log: log,
	})
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.ended <- s.viewer.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
		s.stream.Close()
		require.NoError(t, endpoint.Close())
	})
	return s
}

// play makes a stage and a browser that has connected to it.
func play(t *testing.T, p rtctest.Params, source ...media.Codec) (*stage, *rtctest.Browser) {
	t.Helper()
	b := rtctest.New(t, p)
	s := newStage(t, b.Offer(t), patience, source...)
	b.Accept(t, s.answer)
	require.Eventually(t, func() bool { return len(s.stream.Readers()) == 1 }, patience, 5*time.Millisecond, "the browser does not connect")
	return s, b
}

func (s *stage) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(patience):
		require.FailNow(t, "the viewing does not end")
		return nil
	}
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

func picture(n int, key bool, size int) *media.Unit {
	nal := make([]byte, size)
	nal[0], nal[1] = 0x41, byte(n)
	if key {
		nal[0] = 0x65
	}
	at := time.Duration(n) * 40 * time.Millisecond
	return &media.Unit{
		Format: &media.Format{Codec: media.H264, SPS: []byte{0x67, 1, 2, 3}, PPS: []byte{0x68, 4}},
		PTS:    at, DTS: at, Key: key, Arrived: time.Now(), Payload: h264.AppendNAL(nil, nal),
	}
}

func sound(n int) *media.Unit {
	at := time.Duration(n) * 20 * time.Millisecond
	return &media.Unit{
		Format: &media.Format{Codec: media.PCMA, SampleRate: 8000, Channels: 1}, PTS: at, DTS: at, Duration: 20 * time.Millisecond,
		Key: true, Arrived: time.Now(), Payload: []byte{byte(n), 1, 2, 3},
	}
}

func TestUnitsBecomePackets(t *testing.T) {
	s, b := play(t, rtctest.Params{Video: true, Audio: true})
	require.Equal(t, 2, strings.Count(s.answer, "a=sendonly"))
	require.Equal(t, 1, strings.Count(s.answer, "a=msid:s audio"), "both tracks belong to one stream:\n%s", s.answer)
	require.Equal(t, 1, strings.Count(s.answer, "a=msid:s video"))
	require.Contains(t, s.answer, "typ host")
	require.Contains(t, s.answer, "tcptype passive")
	require.Contains(t, s.answer, "a=end-of-candidates")
	require.EqualValues(t, 1, s.connected.Load())
	s.publisher.Write(picture(0, true, 3000))
	var packets []*rtp.Packet
	for range 4 {
		packets = append(packets, receive(t, b.Packets))
	}
	require.EqualValues(t, 24, packets[0].Payload[0]&0x1F, "parameter sets first, aggregated")
	require.Contains(t, string(packets[0].Payload), "\x67\x01\x02\x03")
	for i, p := range packets {
		require.EqualValues(t, 102, p.PayloadType)
		require.Equal(t, i == 3, p.Marker)
		require.Equal(t, packets[0].Timestamp, p.Timestamp)
		require.Equal(t, packets[0].SequenceNumber+uint16(i), p.SequenceNumber)
	}
	s.publisher.Write(picture(1, false, 100))
	next := receive(t, b.Packets)
	require.EqualValues(t, 3600, next.Timestamp-packets[0].Timestamp)
	require.Equal(t, byte(0x41), next.Payload[0], "a single NAL unit")
	s.publisher.Write(sound(0))
	first := receive(t, b.Packets)
	s.publisher.Write(sound(1))
	second := receive(t, b.Packets)
	require.EqualValues(t, 8, first.PayloadType, "what the source has is copied")
	require.Equal(t, []byte{1, 1, 2, 3}, second.Payload)
	require.EqualValues(t, 160, second.Timestamp-first.Timestamp)

	reports := map[uint32]*rtcp.SenderReport{}
	for range 2 {
		r := receive(t, b.Reports)
		reports[r.SSRC] = r
	}
	pictures, sounds := reports[packets[0].SSRC], reports[first.SSRC]
	require.NotNil(t, pictures)
	require.NotNil(t, sounds)
	// Unit 0 of both tracks has the same time, so what the reports say of the two stamps must be the same moment.
	moment := func(r *rtcp.SenderReport, stamp uint32, rate float64) float64 {
		return float64(r.NTPTime>>16)/65536 + float64(int32(stamp-r.RTPTime))/rate
	}
	require.InDelta(t, moment(pictures, packets[0].Timestamp, 90000), moment(sounds, first.Timestamp, 8000), 0.001)
}

func TestWhatIsMissedIsSentAgain(t *testing.T) {
	for name, rtx := range map[string]bool{"as it was": false, "as a packet of its own": true} {
		t.Run(name, func(t *testing.T) { loseAndRepair(t, rtx) })
	}
}

// loseAndRepair loses every fifth packet once.
func loseAndRepair(t *testing.T, rtx bool) {
	t.Helper()
	lost := map[uint16]bool{}
	s, b := play(t, rtctest.Params{Video: true, RTX: rtx, Drop: func(h *rtp.Header) bool {
		if h.PayloadType != 102 || h.SequenceNumber%5 != 0 || lost[h.SequenceNumber] {
			return false
		}
		lost[h.SequenceNumber] = true
		return true
	}})
	const pictures = 60
	s.publisher.Write(picture(0, true, 900))
	seen := map[byte]bool{}
	for n := 1; len(seen) < pictures-1; n++ { // more of them tell of those that are missing
		s.publisher.Write(picture(min(n, pictures), false, 900))
		for again := true; again; {
			select {
			case p := <-b.Packets:
				if p.Payload[0]&0x1F != 24 && p.Payload[1] < pictures {
					require.Len(t, p.Payload, 900)
					seen[p.Payload[1]] = true
				}
			case <-time.After(5 * time.Millisecond):
				again = false
			}
		}
		require.Less(t, n, 2000)
	}
	require.Equal(t, rtx, b.Repaired.Load() > 0)
	stats := s.viewer.Sink().Viewer
	require.Positive(t, stats.NACKs)
	require.Positive(t, stats.Resent)
}

func TestKeyPictureIsAskedForAndFiguresAreKept(t *testing.T) {
	s, b := play(t, rtctest.Params{Video: true})
	s.publisher.Write(picture(0, true, 100))
	receive(t, b.Packets)
	ssrc := receive(t, b.Packets).SSRC
	before := s.asked.Load()
	require.Eventually(t, func() bool { // the stream asks its source once a second at most
		b.Say(t, &rtcp.PictureLossIndication{MediaSSRC: ssrc})
		return s.asked.Load() > before
	}, patience, 50*time.Millisecond)
	b.Say(t, &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: ssrc, FractionLost: 64}}})
	require.Eventually(t, func() bool { return s.viewer.Sink().Viewer.LossPercent == 25 }, patience, time.Millisecond)
	sink := s.viewer.Sink()
	require.Equal(t, gateway.SinkWebRTC, sink.Kind)
	require.Equal(t, gateway.ViewerPlaying, sink.Viewer.State)
	require.Contains(t, sink.Viewer.Remote, "127.0.0.1:")
	require.Positive(t, sink.Bytes)
	require.Positive(t, sink.Viewer.KeyRequests)
}

// maker makes the pictures of a stream anew, and counts how often it is asked for a key picture.
type maker struct{ asked atomic.Int32 }

func (*maker) Can(from, to media.Codec) bool                       { return from == to }
func (m *maker) Derive(_, _ media.Codec) (stream.Converter, error) { return m, nil }
func (*maker) Convert(u *media.Unit) ([]*media.Unit, error)        { return []*media.Unit{u}, nil }
func (*maker) Patience() time.Duration                             { return 0 }
func (m *maker) RequestKeyframe()                                  { m.asked.Add(1) }
func (*maker) Close()                                              {}

func TestKeyPictureIsAskedOfWhoeverMakesThePictures(t *testing.T) {
	m := &maker{}
	b := rtctest.New(t, rtctest.Params{Video: true})
	s := newStageOf(t, stream.Params{Deriver: m, Transcode: true}, b.Offer(t), patience)
	b.Accept(t, s.answer)
	s.publisher.Write(picture(0, true, 100))
	receive(t, b.Packets)
	ssrc := receive(t, b.Packets).SSRC
	require.Eventually(t, func() bool {
		b.Say(t, &rtcp.PictureLossIndication{MediaSSRC: ssrc})
		return m.asked.Load() > 0
	}, patience, 50*time.Millisecond)
}

func TestLateViewerSeesThePicturesThatCount(t *testing.T) {
	b := rtctest.New(t, rtctest.Params{Video: true})
	s := newStage(t, b.Offer(t), patience)
	for n := range 8 {
		s.publisher.Write(picture(n, n%5 == 0, 100))
	}
	b.Accept(t, s.answer)
	receive(t, b.Packets) // parameter sets
	for n := 5; n < 8; n++ {
		require.Equal(t, byte(n), receive(t, b.Packets).Payload[1])
	}
}

// TestSourceMayChangeItsCodec: both codecs were agreed on, so the browser need not be asked again.
func TestSourceMayChangeItsCodec(t *testing.T) {
	s, b := play(t, rtctest.Params{Video: true, VP8: true}, media.VP8)
	require.Less(t, strings.Index(s.answer, "VP8/90000"), strings.Index(s.answer, "H264/90000"), "what the source has comes first")
	frame := bytes.Repeat([]byte{7}, 2000)
	s.publisher.Write(&media.Unit{Format: &media.Format{Codec: media.VP8}, Key: true, Arrived: time.Now(), Payload: frame})
	first, second := receive(t, b.Packets), receive(t, b.Packets)
	require.EqualValues(t, 96, first.PayloadType)
	require.False(t, first.Marker)
	require.True(t, second.Marker)
	const descriptor = 4 // bytes, with a picture ID
	require.Equal(t, frame, append(first.Payload[descriptor:], second.Payload[descriptor:]...))
	s.publisher.Write(picture(1, true, 100))
	sets, slice := receive(t, b.Packets), receive(t, b.Packets)
	require.EqualValues(t, 102, sets.PayloadType)
	require.EqualValues(t, 1, slice.Payload[1])
	require.Equal(t, second.SequenceNumber+2, slice.SequenceNumber)
	require.Equal(t, first.SSRC, slice.SSRC)
	require.EqualValues(t, 3600, slice.Timestamp-first.Timestamp)
}

func TestAudioAloneAndVideoAlone(t *testing.T) {
	for name, p := range map[string]rtctest.Params{"audio": {Audio: true}, "video": {Video: true}} {
		t.Run(name, func(t *testing.T) {
			s, b := play(t, p)
			require.Equal(t, 1, strings.Count(s.answer, "m="))
			s.publisher.Write(picture(0, true, 100))
			s.publisher.Write(sound(0))
			require.Equal(t, p.Audio, receive(t, b.Packets).PayloadType == 8)
		})
	}
}

func TestWhereUDPIsClosedMediaGoesOverTCP(t *testing.T) {
	s, b := play(t, rtctest.Params{Audio: true, TCP: true})
	s.publisher.Write(sound(7))
	require.Equal(t, []byte{7, 1, 2, 3}, receive(t, b.Packets).Payload)
}

func TestBrowserThatIsNotReachedIsGivenUp(t *testing.T) {
	b := rtctest.New(t, rtctest.Params{Video: true})
	s := newStage(t, b.Offer(t), 200*time.Millisecond)
	require.Equal(t, gateway.ViewerConnecting, s.viewer.Sink().Viewer.State)
	require.ErrorIs(t, s.end(t), rtc.ErrNoWay)
	require.Zero(t, s.connected.Load())
	require.Empty(t, s.stream.Readers())
}

// TestBrowserThatCannotProveWhoItIsIsGivenUp: its certificate is not the one that the offer names.
func TestBrowserThatCannotProveWhoItIsIsGivenUp(t *testing.T) {
	b := rtctest.New(t, rtctest.Params{Audio: true})
	offer := strings.Split(b.Offer(t), "\r\n")
	for i, line := range offer {
		if name, ok := strings.CutPrefix(line, "a=fingerprint:sha-256 "); ok {
			offer[i] = "a=fingerprint:sha-256 " + strings.Map(func(r rune) rune {
				if r == ':' {
					return r
				}
				return '0'
			}, name)
		}
	}
	s := newStage(t, strings.Join(offer, "\r\n"), 2*patience)
	b.Accept(t, s.answer)
	require.ErrorIs(t, s.end(t), rtc.ErrNoWay)
}

func TestBrowserThatVanishesIsNoticed(t *testing.T) {
	s, b := play(t, rtctest.Params{Audio: true, Vanishes: true})
	s.keepSending(t, b)
	receive(t, b.Packets)
	b.Vanish()
	select {
	case err := <-s.ended:
		require.ErrorIs(t, err, rtc.ErrLost)
	case <-time.After(2 * patience):
		require.Fail(t, "nobody notices")
	}
}

// keepSending publishes sound until the test ends.
func (s *stage) keepSending(t *testing.T, b *rtctest.Browser) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var sending sync.WaitGroup
	sending.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			s.publisher.Write(sound(n))
			select {
			case <-b.Packets:
			case <-time.After(time.Millisecond):
			}
		}
	})
	t.Cleanup(func() {
		stop()
		sending.Wait()
	})
}

func TestEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(s *stage, b *rtctest.Browser)
		want error
	}{
		"the browser leaves": {func(_ *stage, b *rtctest.Browser) { b.Close() }, rtc.ErrLeft},
		"the stream ends":    {func(s *stage, _ *rtctest.Browser) { s.stream.Close() }, nil},
		"it is told to":      {func(s *stage, _ *rtctest.Browser) { s.stop() }, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			s, b := play(t, rtctest.Params{Video: true, Audio: true})
			tt.end(s, b)
			require.ErrorIs(t, s.end(t), tt.want)
			require.Empty(t, s.stream.Readers())
			receive(t, b.Gone)
		})
	}
}
