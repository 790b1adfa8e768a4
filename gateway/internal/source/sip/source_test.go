package sip

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/dtmf"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/codec/vp8"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sdp"
	"callcast/gateway/internal/slate"
	"callcast/gateway/internal/stream"
)

const patienceOfTests = 20 * time.Second

// phone is the other side: four loopback sockets, and what came in on them.
type phone struct {
	t       *testing.T
	ports   [4]*net.UDPConn // audio RTP and RTCP, video RTP and RTCP
	remote  [4]netip.AddrPort
	audio   chan rtp.Packet
	video   chan rtp.Packet
	pli     chan struct{}
	reports chan *rtcp.SenderReport // of video
	done    sync.WaitGroup
	seq     [2]uint16
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	p := &phone{t: t, audio: make(chan rtp.Packet, 1000), video: make(chan rtp.Packet, 1000), pli: make(chan struct{}, 100)}
	p.reports = make(chan *rtcp.SenderReport, 100)
	for i := range p.ports {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		p.ports[i] = c
	}
	p.done.Go(func() { p.listen(p.ports[0], p.audio) })
	p.done.Go(func() { p.listen(p.ports[2], p.video) })
	p.done.Go(p.feedback)
	t.Cleanup(p.close)
	return p
}

func (p *phone) close() {
	for _, c := range p.ports {
		_ = c.Close()
	}
	p.done.Wait()
}

func (p *phone) listen(c *net.UDPConn, to chan rtp.Packet) {
	for {
		b := make([]byte, 1500)
		n, err := c.Read(b)
		if err != nil {
			return
		}
		var packet rtp.Packet
		if packet.Unmarshal(b[:n]) != nil {
			continue
		}
		select {
		case to <- packet:
		default:
		}
	}
}

// feedback listens for picture loss indications and sender reports.
func (p *phone) feedback() {
	b := make([]byte, 1500)
	for {
		n, err := p.ports[3].Read(b)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(b[:n])
		if err != nil {
			continue
		}
		for _, packet := range packets {
			switch packet := packet.(type) {
			case *rtcp.PictureLossIndication:
				p.pli <- struct{}{}
			case *rtcp.SenderReport:
				p.reports <- packet
			}
		}
	}
}

// sdp is the phone's answer or offer, with its directions.
func (p *phone) sdp(audio, video string) []byte {
	port := func(i int) int { return p.ports[i].LocalAddr().(*net.UDPAddr).Port }
	lines := []string{
		"v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
		fmt.Sprintf("m=audio %d RTP/AVP 8 101", port(0)), fmt.Sprintf("a=rtcp:%d", port(1)),
		"a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", "a=" + audio,
	}
	if video == "" {
		lines = append(lines, "m=video 0 RTP/AVP 112")
	} else {
		lines = append(lines, fmt.Sprintf("m=video %d RTP/AVP 112", port(2)), fmt.Sprintf("a=rtcp:%d", port(3)),
			"a=rtpmap:112 H264/90000", "a=fmtp:112 packetization-mode=1", "a=rtcp-fb:* nack pli", "a="+video)
	}
	return []byte(strings.Join(lines, "\r\n") + "\r\n")
}

func (p *phone) call(s *Source) {
	for i, port := range []int{s.local.Audio.Port, s.local.Audio.RTCPPort, s.local.Video.Port, s.local.Video.RTCPPort} {
		p.remote[i] = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
	}
}

func (p *phone) send(port int, payloadType uint8, stamp uint32, marker bool, payload []byte) {
	p.seq[port/2]++
	packet := rtp.Packet{
		Header: rtp.Header{
			Version: 2, PayloadType: payloadType, SequenceNumber: p.seq[port/2], Timestamp: stamp, SSRC: 1000 + uint32(port), Marker: marker,
		},
		Payload: payload,
	}
	b, err := packet.Marshal()
	require.NoError(p.t, err)
	_, err = p.ports[port].WriteToUDPAddrPort(b, p.remote[port])
	require.NoError(p.t, err)
}

// show sends a picture.
func (p *phone) show(stamp uint32, u *media.Unit) {
	payloadType, payloads := packed(u)
	for i, b := range payloads {
		p.send(2, payloadType, stamp, i == len(payloads)-1, b)
	}
}

// packed is a picture in small packets, with the payload type of its codec.
func packed(u *media.Unit) (payloadType uint8, payloads [][]byte) {
	if u.Format.Codec == media.VP8 {
		p := vp8.Packetiser{MaxPayload: 500}
		return sdp.VP8, p.Append(nil, u)
	}
	return sdp.H264Mode1, h264.Packetiser{Mode: 1, MaxPayload: 500}.Append(nil, u)
}

// rig is a source with a phone at one end and a reader of its stream at the other.
type rig struct {
	*Source
	phone  *phone
	reader *stream.Reader
	infos  chan string
}

func newRig(t *testing.T, send bool, change ...func(*Params)) *rig {
	t.Helper()
	ignored := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, ignored) })
	log := slog.New(slog.DiscardHandler)
	pool := rtpio.NewPool("127.0.0.1", 0, 0, 0)
	t.Cleanup(pool.Close)
	live := stream.New(stream.Params{Name: "test", Log: log})
	t.Cleanup(live.Close)
	r := &rig{phone: newPhone(t), infos: make(chan string, 100)}
	params := Params{
		Pool: pool, IP: netip.MustParseAddr("127.0.0.1"), HasAudio: send, HasVideo: send, Slate: true, Stream: live,
		Codecs: [media.Kinds][]media.Codec{media.Audio: {media.PCMA, media.PCMU}, media.Video: {media.H264, media.VP8}},
		Info: func(_ context.Context, contentType string, body []byte) error {
			r.infos <- contentType + "\n" + string(body)
			return nil
		},
		CNAME: "test", Log: log,
	}
	for _, c := range change {
		c(&params)
	}
	var err error
	r.Source, err = New(params)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	r.reader = live.Attach(stream.ReaderParams{Name: "test", Audio: []media.Codec{media.PCMA, media.PCMU}, Video: []media.Codec{media.H264}})
	t.Cleanup(r.reader.Close)
	r.Start()
	r.phone.call(r.Source)
	return r
}

// collect reads units until enough says so.
func (r *rig) collect(t *testing.T, enough func([]*media.Unit) bool) []*media.Unit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patienceOfTests)
	defer cancel()
	var units []*media.Unit
	for !enough(units) {
		u, err := r.reader.Next(ctx)
		require.NoError(t, err, "after %d units", len(units))
		units = append(units, u)
	}
	return units
}

func of(kind media.Kind, units []*media.Unit) []*media.Unit {
	return slices.DeleteFunc(slices.Clone(units), func(u *media.Unit) bool { return u.Kind() != kind })
}

func receive[T any](t *testing.T, from chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patienceOfTests):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

func TestCallBecomesAStream(t *testing.T) {
	r := newRig(t, true)
	answer, err := r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	require.Equal(t, "sendrecv", answer.Audio.Direction.String())
	picture, err := slate.Load()
	require.NoError(t, err)
	for n := range 10 {
		r.phone.show(90000+uint32(n)*3600, picture.Unit(uint64(n)))
		for m := range 2 {
			frame := 2*n + m
			r.phone.send(0, 8, 500+uint32(frame)*160, false, slices.Repeat([]byte{byte(frame)}, 160))
		}
	}
	units := r.collect(t, func(units []*media.Unit) bool {
		return len(of(media.Audio, units)) >= 20 && len(of(media.Video, units)) >= 10
	})
	audio, video := of(media.Audio, units)[:20], of(media.Video, units)[:10]
	requireGapless(t, audio)
	for n, u := range audio {
		require.False(t, u.Fill)
		require.Equal(t, slices.Repeat([]byte{byte(n)}, 160), u.Payload)
	}
	for n, u := range video {
		require.Equal(t, picture.Unit(uint64(n%2)).Payload, u.Payload)
		require.Equal(t, 640, u.Format.Width)
	}
	a, v := r.Stats()
	require.Equal(t, "PCMA", a.Codec)
	require.Equal(t, "H264", v.Codec)
	require.Equal(t, "sendrecv", v.Direction)
	require.Equal(t, uint64(20), a.Packets)
	require.Equal(t, 640, v.Width)
	require.Equal(t, r.phone.ports[2].LocalAddr().String(), v.Remote)
}

func TestMediaFlowsBack(t *testing.T) {
	r := newRig(t, true)
	_, err := r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	first := receive(t, r.phone.audio)
	require.Equal(t, r.local.Audio.SSRC, first.SSRC)
	for begun, last := time.Now(), first; !r.inRealTime(t, &last); {
		require.Less(t, time.Since(begun), patienceOfTests, "in real time")
	}

	var shown []h264.Picture
	d := h264.NewDepacketiser(func(p h264.Picture) { shown = append(shown, p) })
	apart := func() uint32 { // the latest two, which need not be in time where the machine stands still
		if len(shown) < 2 {
			return 0
		}
		return shown[len(shown)-1].Timestamp - shown[len(shown)-2].Timestamp
	}
	for begun := time.Now(); apart() < 40500 || apart() > 49500; {
		require.Less(t, time.Since(begun), patienceOfTests, "two a second")
		p := receive(t, r.phone.video)
		require.Equal(t, uint8(112), p.PayloadType)
		d.Push(h264.Packet{Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload})
	}
	require.True(t, shown[0].Key)
}

// inRealTime reports whether the next half second of silence comes without a hole and takes that long. It need not where the
// machine stands still: what is long overdue is not sent any more.
func (r *rig) inRealTime(t *testing.T, last *rtp.Packet) bool {
	t.Helper()
	begun, first := time.Now(), *last
	for range 25 {
		p := receive(t, r.phone.audio)
		require.Equal(t, uint8(8), p.PayloadType)
		require.Equal(t, media.Silence(media.PCMA, 160), p.Payload)
		require.Equal(t, last.SequenceNumber+1, p.SequenceNumber)
		require.Zero(t, (p.Timestamp-last.Timestamp)%160)
		*last = p
	}
	took := time.Since(begun)
	return last.Timestamp-first.Timestamp == 25*160 && took > 350*time.Millisecond && took < 650*time.Millisecond
}

func TestKeysAreSentWithinTheAudio(t *testing.T) {
	r := newRig(t, true)
	require.ErrorIs(t, r.SendDTMF(t.Context(), "1"), errNotSending)
	_, err := r.Answer(r.phone.sdp("sendrecv", ""))
	require.NoError(t, err)
	last := receive(t, r.phone.audio)
	require.ErrorIs(t, r.SendDTMF(t.Context(), "1x"), errNoKey)
	require.NoError(t, r.SendDTMF(t.Context(), "1"))
	require.NoError(t, r.SendDTMF(t.Context(), "#"))
	var ear dtmf.Receiver
	heard, ends := "", 0
	for heard != "1#" || last.PayloadType == 101 {
		p := receive(t, r.phone.audio)
		require.Equal(t, last.SSRC, p.SSRC)
		require.Equal(t, last.SequenceNumber+1, p.SequenceNumber)
		if p.PayloadType == 101 {
			key, ok := ear.Push(p.Payload, p.Timestamp)
			require.Equal(t, ok, p.Marker)
			if ok {
				heard += string(key)
			}
			if p.Payload[1]&0x80 != 0 {
				ends++
				require.Equal(t, uint16(8*160), binary.BigEndian.Uint16(p.Payload[2:]))
			}
		}
		last = p
	}
	require.Equal(t, 6, ends, "three end packets each")
}

func TestNothingIsSentWhenOnlyReceiving(t *testing.T) {
	r := newRig(t, false)
	_, err := r.Answer(r.phone.sdp("sendrecv", "sendonly"))
	require.NoError(t, err)
	require.Contains(t, string(r.Offer()), "a=recvonly")
	keepAlive := receive(t, r.phone.audio)
	require.Equal(t, uint8(unusedType), keepAlive.PayloadType)
	require.Empty(t, keepAlive.Payload)
	receive(t, r.phone.video)
	r.collect(t, func(units []*media.Unit) bool { return len(units) >= 20 }) // 600 ms
	require.Empty(t, r.phone.audio)
	require.Empty(t, r.phone.video)
	require.ErrorIs(t, r.SendDTMF(t.Context(), "1"), errNotSending)
}

func TestKeyframeIsAskedForByPLIThenINFO(t *testing.T) {
	r := newRig(t, true)
	_, err := r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	r.phone.send(2, 112, 0, true, []byte{0x41, 0xE2, 0x55, 0xAA})
	receive(t, r.phone.pli)
	info := receive(t, r.infos)
	require.Contains(t, info, "application/media_control+xml\n")
	require.Contains(t, info, "<picture_fast_update/>")

	picture, err := slate.Load()
	require.NoError(t, err)
	r.phone.show(3600, picture.Unit(0))
	r.collect(t, func(units []*media.Unit) bool { return len(of(media.Video, units)) > 0 })
	for len(r.phone.pli) > 0 {
		<-r.phone.pli
	}
	r.RequestKeyframe() // as the stream does
	receive(t, r.phone.pli)
	require.Eventually(t, func() bool {
		_, v := r.Stats()
		return v.KeyRequests >= 3
	}, patienceOfTests, time.Millisecond)
}

func TestLossOnTheWire(t *testing.T) {
	r := newRig(t, true)
	_, err := r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	for n := range uint32(30) {
		if n%7 == 3 {
			r.phone.seq[0]++ // lost
			continue
		}
		r.phone.send(0, 8, n*160, false, slices.Repeat([]byte{byte(n)}, 160))
	}
	units := r.collect(t, func(units []*media.Unit) bool { return len(of(media.Audio, units)) >= 30 })
	audio := of(media.Audio, units)[:30]
	requireGapless(t, audio)
	for n, u := range audio {
		require.Equal(t, n%7 == 3, u.Fill, "unit %d", n)
	}
	a, _ := r.Stats()
	require.Equal(t, uint64(4), a.Filled)
}

func TestHoldAndResume(t *testing.T) {
	r := newRig(t, true)
	_, err := r.Answer(r.phone.sdp("sendrecv", ""))
	require.NoError(t, err)
	receive(t, r.phone.audio)

	answer, err := r.Reoffer(r.phone.sdp("inactive", ""))
	require.NoError(t, err)
	require.Contains(t, string(answer), "a=inactive")
	require.Contains(t, string(answer), fmt.Sprintf(" %d 2 IN IP4", r.local.SessionID))
	units := r.collect(t, func(units []*media.Unit) bool { return len(of(media.Audio, units)) >= 25 })
	requireGapless(t, of(media.Audio, units))
	require.NotEmpty(t, of(media.Video, units), "a call without video shows the slate")
	a, v := r.Stats()
	require.Equal(t, "inactive", a.Direction)
	require.Empty(t, v.Direction)

	answer, err = r.Reoffer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	require.Contains(t, string(answer), "a=sendrecv")
	require.NotContains(t, string(answer), "m=video 0")
	for len(r.phone.audio) > 0 {
		<-r.phone.audio
	}
	receive(t, r.phone.audio)
	receive(t, r.phone.video)

	offer, err := r.Reoffer(nil)
	require.NoError(t, err)
	require.Equal(t, string(r.Offer()), string(offer))
	require.Contains(t, string(offer), fmt.Sprintf(" %d 4 IN IP4", r.local.SessionID))
}

func TestNothingAgreedIsAnError(t *testing.T) {
	r := newRig(t, true)
	_, err := r.Answer([]byte("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 0 RTP/AVP 8\r\nm=video 5000 RTP/SAVP 112\r\n"))
	require.ErrorContains(t, err, "port 0")
	require.ErrorContains(t, err, "RTP/SAVP")
	_, err = r.Reoffer([]byte("v=0\r\n"))
	require.Error(t, err)
	_, err = r.Answer(nil)
	require.Error(t, err)
}

func TestCloseWithoutStart(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	pool := rtpio.NewPool("127.0.0.1", 0, 0, 0)
	defer pool.Close()
	s, err := New(Params{Pool: pool, IP: netip.MustParseAddr("127.0.0.1"), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	s.Close()
	s.Close()
}

// BenchmarkPacer is what a call costs by the clock alone, for one tick.
func BenchmarkPacer(b *testing.B) {
	tl := clock.NewTimeline()
	a := newAudioIn(tl, nil, nil)
	a.negotiated(nil)
	now := time.Now().Add(time.Second)
	b.ReportAllocs()
	for b.Loop() {
		a.tick(now)
		now = now.Add(frame)
	}
}
