package sip

import (
	"bytes"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/slate"
	"callcast/gateway/internal/stream"
)

// talk lets a phone send frames and pictures, until the test ends, that hold one byte and one picture.
func (p *phone) talk(t *testing.T, sound byte, picture *media.Unit) {
	t.Helper()
	done, ended := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(done); <-ended })
	go func() {
		defer close(ended)
		ticker := time.NewTicker(frame)
		defer ticker.Stop()
		for n := uint32(0); ; n++ {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			p.send(0, 8, n*frameSamples, false, slices.Repeat([]byte{sound}, frameSamples))
			if n%2 == 0 {
				p.show(n*1800, picture)
			}
		}
	}()
}

// receives waits until the phone has received a frame of one byte, and a picture.
func (p *phone) receives(t *testing.T, sound byte, picture []byte) {
	t.Helper()
	want := slices.Repeat([]byte{sound}, frameSamples)
	for !slices.Equal(receive(t, p.audio).Payload, want) {
	}
	seen := false
	d := h264.NewDepacketiser(func(pic h264.Picture) { seen = seen || slices.Equal(pic.Payload, picture) })
	for !seen {
		packet := receive(t, p.video)
		d.Push(h264.Packet{Timestamp: packet.Timestamp, Marker: packet.Marker, Payload: packet.Payload})
	}
}

// coloured is a key picture that is not the slate's.
func coloured(t *testing.T, mark byte) *media.Unit {
	t.Helper()
	s, err := slate.Load()
	require.NoError(t, err)
	return &media.Unit{Format: s.Unit(0).Format, Key: true, Payload: h264.AppendNAL(nil, slices.Repeat([]byte{0x65, 0xB8, mark}, 700))}
}

// sees waits for a packet of a coloured picture and returns its stamp.
func (p *phone) sees(t *testing.T, picture *media.Unit) uint32 {
	t.Helper()
	for {
		packet := receive(t, p.video)
		if bytes.Contains(packet.Payload, picture.Payload[100:150]) {
			return packet.Timestamp
		}
	}
}

// TestTwoCallsTalk injects each of two calls into the other.
func TestTwoCallsTalk(t *testing.T) {
	a, b := newRig(t, true), newRig(t, true)
	for _, r := range []*rig{a, b} {
		_, err := r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
		require.NoError(t, err)
	}
	fromA, fromB := coloured(t, 1), coloured(t, 2)
	a.phone.talk(t, 11, fromA)
	b.phone.talk(t, 22, fromB)
	b.Inject(a.params.Stream, nil)
	a.Inject(b.params.Stream, nil)
	a.phone.receives(t, 22, fromB.Payload)
	b.phone.receives(t, 11, fromA.Payload)

	picture, err := slate.Load()
	require.NoError(t, err)
	a.EndInjection()
	a.phone.receives(t, 0xD5, picture.Unit(0).Payload)
	b.phone.receives(t, 11, fromA.Payload)
}

// live is a stream that tests publish.
type live struct {
	*stream.Stream
	publisher *stream.Publisher
	asked     atomic.Int32
	begun     time.Time
	stop      func() // ends what show does
}

func newLive(t *testing.T) *live {
	t.Helper()
	l := &live{begun: time.Now(), Stream: stream.New(stream.Params{Name: "live", Log: slog.New(slog.DiscardHandler)})}
	l.publisher = l.Publish(stream.PublisherParams{RequestKeyframe: func() { l.asked.Add(1) }})
	t.Cleanup(l.Close)
	return l
}

// TestKeyPictureIsAskedOfTheInjectedStream: PLI on the wire and INFO go on to the source of the stream.
func TestKeyPictureIsAskedOfTheInjectedStream(t *testing.T) {
	r, from := newRig(t, true), newLive(t)
	_, err := r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	picture := coloured(t, 3)
	picture.Arrived = time.Now()
	r.Inject(from.Stream, nil)
	require.Eventually(t, func() bool { return len(from.Readers()) == 1 }, patienceOfTests, time.Millisecond)
	require.Equal(t, "test", from.Readers()[0].Sink().Target)
	from.publisher.Write(picture)
	r.phone.sees(t, picture)
	asked := from.asked.Load()
	pli, err := (&rtcp.PictureLossIndication{MediaSSRC: r.local.Video.SSRC}).Marshal()
	require.NoError(t, err)
	_, err = r.phone.ports[3].WriteToUDPAddrPort(pli, r.phone.remote[3])
	require.NoError(t, err)
	require.Eventually(t, func() bool { return from.asked.Load() > asked }, patienceOfTests, time.Millisecond)

	next := *picture
	next.PTS, next.DTS, next.Arrived = time.Second, time.Second, time.Now()
	from.publisher.Write(&next) // what was asked for
	asked = from.asked.Load()
	require.False(t, r.TakeInfo("application/dtmf-relay", []byte("Signal=1\r\n")))
	require.False(t, r.TakeInfo(mediaControlType, []byte("<media_control/>")))
	require.True(t, r.TakeInfo("Application/media_control+XML; charset=utf-8", []byte(mediaControl)))
	require.Eventually(t, func() bool { return from.asked.Load() > asked }, patienceOfTests, time.Millisecond)
}

// TestEndOfAnInjection: once, when the stream ends; never when it is ended from here.
func TestEndOfAnInjection(t *testing.T) {
	r := newRig(t, true)
	_, err := r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	first, second, third := newLive(t), newLive(t), newLive(t)
	ended := make(chan string, 10)
	r.Inject(first.Stream, func() { ended <- "first" })
	r.Inject(second.Stream, func() { ended <- "second" })
	require.Eventually(t, func() bool { return len(first.Readers()) == 0 && len(second.Readers()) == 1 }, patienceOfTests, time.Millisecond)
	first.Close()
	second.Close()
	require.Equal(t, "second", receive(t, ended))
	r.Inject(third.Stream, func() { ended <- "third" })
	r.EndInjection()
	r.Inject(second.Stream, func() { ended <- "closed already" })
	require.Equal(t, "closed already", receive(t, ended))
	r.Inject(third.Stream, func() { ended <- "third" })
	r.Close()
	r.Inject(third.Stream, func() { ended <- "too late" })
	require.Empty(t, third.Readers())
	require.Empty(t, ended)
}

// TestInjectionFollowsTheNegotiation: only what the call sends is read, in its codec; what changes on the way too.
func TestInjectionFollowsTheNegotiation(t *testing.T) {
	r, from := newRig(t, true), newLive(t)
	_, err := r.Answer(r.phone.sdp("sendrecv", ""))
	require.NoError(t, err)
	ended := make(chan string, 10)
	r.Inject(from.Stream, func() { ended <- "once" })
	picture := coloured(t, 4)
	done, stopped := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(done); <-stopped })
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(frame)
		defer ticker.Stop()
		begun := time.Now()
		pcma := &media.Format{Codec: media.PCMA, SampleRate: audioRate, Channels: 1}
		for {
			select {
			case <-done:
				return
			case now := <-ticker.C:
				u := media.Unit{PTS: now.Sub(begun), DTS: now.Sub(begun), Key: true, Arrived: now, Format: pcma, Payload: slices.Repeat([]byte{44}, frameSamples)}
				from.publisher.Write(&u)
				v := u
				v.Format, v.Payload = picture.Format, picture.Payload
				from.publisher.Write(&v)
			}
		}
	}()
	for receive(t, r.phone.audio).Payload[0] != 44 {
	}
	require.Empty(t, r.phone.video)
	_, err = r.Reoffer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	r.phone.receives(t, 44, picture.Payload)
	_, err = r.Reoffer(r.phone.sdp("sendonly", "recvonly"))
	require.NoError(t, err)
	for len(r.phone.audio) > 0 {
		<-r.phone.audio
	}
	for range 50 {
		receive(t, r.phone.video)
	}
	require.LessOrEqual(t, len(r.phone.audio), 2, "what was on its way, and what keeps the way open")
	from.Close()
	require.Equal(t, "once", receive(t, ended))
	require.Empty(t, ended)
}

// TestSoundOnTheWire plays a sound into a call.
func TestSoundOnTheWire(t *testing.T) {
	r := newRig(t, true)
	_, err := r.Answer(r.phone.sdp("sendrecv", ""))
	require.NoError(t, err)
	ended := make(chan string, 10)
	pcm := make([]int16, audioRate/2)
	for i := range pcm {
		pcm[i] = int16(16384 * sine(1000, i))
	}
	receive(t, r.phone.audio)
	r.PlaySound(pcm, audioRate, false, func() { ended <- "sound" })
	var frames []sent
	for len(frames) < 25 {
		if p := receive(t, r.phone.audio); p.Marker || len(frames) > 0 {
			frames = append(frames, sent{Packet: p})
		}
	}
	require.InDelta(t, 0.5, amplitude(frames, 1000), 0.01)
	require.Equal(t, "sound", receive(t, ended))
	require.Equal(t, media.Silence(media.PCMA, frameSamples), receive(t, r.phone.audio).Payload)
	r.PlaySound(pcm, audioRate, true, func() { ended <- "loop" })
	for !receive(t, r.phone.audio).Marker {
	}
	r.EndSound()
	for talks(sent{Packet: receive(t, r.phone.audio)}) {
	}
	require.Empty(t, ended)
}

// TestReportsTieSoundAndPicture: by the sender reports on the wire, sound and picture of one moment are of one moment. How
// exactly, TestSoundAndPictureStayTogether tells; here the machine may be busy.
func TestReportsTieSoundAndPicture(t *testing.T) {
	r, from := newRig(t, true), newLive(t)
	_, err := r.Answer(r.phone.sdp("sendrecv", "sendrecv"))
	require.NoError(t, err)
	r.Inject(from.Stream, nil)
	require.Eventually(t, func() bool { return len(from.Readers()) == 1 }, patienceOfTests, time.Millisecond)
	for range 13 { // so that the two tracks do not begin together
		receive(t, r.phone.audio)
	}
	picture, now := coloured(t, 5), time.Now()
	picture.Arrived, picture.PTS, picture.DTS = now, time.Hour, time.Hour
	pcma := &media.Format{Codec: media.PCMA, SampleRate: audioRate, Channels: 1}
	from.publisher.Write(&media.Unit{
		Format: pcma, PTS: time.Hour, DTS: time.Hour, Key: true, Arrived: now, Payload: slices.Repeat([]byte{55}, frameSamples),
	})
	from.publisher.Write(picture)
	var heard uint32
	for found := false; !found; {
		p := receive(t, r.phone.audio)
		sample := slices.Index(p.Payload, 55)
		heard, found = p.Timestamp+uint32(max(sample, 0)), sample >= 0
	}
	seen := r.phone.sees(t, picture)
	b := make([]byte, 1500)
	n, err := r.phone.ports[1].Read(b)
	require.NoError(t, err)
	packets, err := rtcp.Unmarshal(b[:n])
	require.NoError(t, err)
	audio, ok := packets[0].(*rtcp.SenderReport)
	require.True(t, ok)
	video := receive(t, r.phone.reports)
	seconds := func(report *rtcp.SenderReport, stamp uint32, rate float64) float64 {
		return float64(report.NTPTime>>32) + float64(uint32(report.NTPTime))/(1<<32) + float64(int32(stamp-report.RTPTime))/rate
	}
	require.InDelta(t, seconds(audio, heard, audioRate), seconds(video, seen, videoRate), 0.04)
}
