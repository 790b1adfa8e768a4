package webrtc

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/vp8"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc"
	"callcast/gateway/internal/rtc/rtctest"
)

func TestPicturesArriveAsTheyWereSent(t *testing.T) {
	s := publish(t, rtctest.CameraParams{Video: media.H264})
	var first time.Duration
	for n := range 50 {
		sent := picture(n, n%25 == 0, 100+3000*(n%3))
		s.show(t, sent)
		got := s.next(t)
		if n == 0 {
			first = got.PTS
		}
		require.Equal(t, sent.Payload, got.Payload)
		require.Equal(t, sent.Format.SPS, got.Format.SPS)
		require.Equal(t, sent.Key, got.Key)
		require.False(t, got.Gap)
		require.Equal(t, got.PTS, got.DTS)
		require.InDelta(t, sent.PTS.Seconds(), (got.PTS - first).Seconds(), 0.001, "picture %d", n)
	}
	_, video := s.publisher.Stats()
	require.Equal(t, "H264", video.Codec)
	require.Positive(t, video.Width)
	require.Positive(t, video.Packets)
	require.Zero(t, video.Lost)
	require.Contains(t, video.Remote, "127.0.0.1:")
}

func TestSoundArrivesAsItWasSent(t *testing.T) {
	for name, tt := range map[string]struct {
		codec   media.Codec
		format  media.Format
		payload func(n int) []byte
	}{
		"Opus": {media.Opus, media.Format{Codec: media.Opus, SampleRate: 48000, Channels: 1}, func(n int) []byte {
			return []byte{0x78, byte(n), 2, 3}[:2+n%3] // CELT, 20 ms, mono
		}},
		"PCMA": {media.PCMA, media.Format{Codec: media.PCMA, SampleRate: 8000, Channels: 1}, func(n int) []byte {
			return bytes.Repeat([]byte{byte(n)}, 160)
		}},
		"G722": {media.G722, media.Format{Codec: media.G722, SampleRate: 16000, Channels: 1}, func(n int) []byte {
			return bytes.Repeat([]byte{byte(n)}, 160)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := publish(t, rtctest.CameraParams{Audio: tt.codec})
			const frame = 20 * time.Millisecond
			begin := time.Duration(-1)
			for n := range 60 {
				at := time.Duration(n) * frame
				if n >= 40 {
					at += 100 * time.Millisecond // a pause, with nothing lost
				}
				s.speak(t, at, tt.payload(n))
				u := s.next(t)
				if begin < 0 {
					begin = u.PTS
				}
				require.Equal(t, tt.format, *u.Format)
				require.Equal(t, tt.payload(n), u.Payload)
				require.Equal(t, at, u.PTS-begin, "exactly as the browser's clock says")
				require.Equal(t, frame, u.Duration)
				require.Equal(t, n == 40, u.Gap)
			}
		})
	}
}

// TestWhatIsLostIsAskedFor loses every twentieth packet once.
func TestWhatIsLostIsAskedFor(t *testing.T) {
	lost := map[uint16]bool{}
	s := publish(t, rtctest.CameraParams{Video: media.H264, Drop: func(h *rtp.Header) bool {
		if h.PayloadType != 102 || h.SequenceNumber%20 != 0 || lost[h.SequenceNumber] {
			return false
		}
		lost[h.SequenceNumber] = true
		return true
	}})
	const pictures, ahead = 100, 3 // what comes later tells of what is missing
	for n := range ahead {
		s.show(t, picture(n, n == 0, 5000))
	}
	for n := range pictures {
		s.show(t, picture(n+ahead, false, 5000))
		u := s.next(t)
		require.Equal(t, picture(n, n == 0, 5000).Payload, u.Payload, "picture %d", n)
		require.False(t, u.Gap)
	}
	require.Greater(t, len(lost), 20)
	_, video := s.publisher.Stats()
	require.Zero(t, video.Damaged)
	require.Zero(t, video.Lost)
}

// TestDamagedPicturesAreWithheld loses a packet each time it is sent.
func TestDamagedPicturesAreWithheld(t *testing.T) {
	s := publish(t, rtctest.CameraParams{Video: media.H264, Drop: func(h *rtp.Header) bool {
		return h.SequenceNumber == 65010
	}})
	s.show(t, picture(0, true, 100)) // two packets: parameter sets and the picture
	require.True(t, s.next(t).Key)
	for n := 1; n < 20; n++ {
		s.show(t, picture(n, false, 100))
	}
	for n := 1; n < 8; n++ {
		require.Equal(t, picture(n, false, 100).Payload, s.next(t).Payload)
	}
	for asked := false; !asked; { // once the packet is given up
		_, asked = receive(t, s.Feedback).(*rtcp.PictureLossIndication)
	}
	s.show(t, picture(20, false, 100))
	s.show(t, picture(21, true, 100))
	u := s.next(t)
	require.Equal(t, picture(21, true, 100).Payload, u.Payload)
	require.True(t, u.Key && u.Gap)
	_, video := s.publisher.Stats()
	require.EqualValues(t, 1, video.Lost)
	require.Positive(t, video.KeyRequests)
	require.Positive(t, video.Damaged)
}

func TestBrowserIsTold(t *testing.T) {
	s := publish(t, rtctest.CameraParams{Video: media.H264, Audio: media.Opus})
	s.show(t, picture(0, true, 100))
	require.True(t, s.next(t).Key)
	s.Report(t, media.Video, time.Now(), s.video.stamp)
	arrivals, reports, keys := 0, 0, 0
	for n := 1; arrivals == 0 || reports == 0 || keys == 0; n++ {
		s.show(t, picture(n, false, 100))
		s.stream.RequestKeyframe() // the stream asks its source once a second at most
		select {
		case p := <-s.Feedback:
			switch p := p.(type) {
			case *rtcp.TransportLayerCC:
				arrivals += int(p.PacketStatusCount)
			case *rtcp.ReceiverReport:
				require.Zero(t, p.Reports[0].TotalLost)
				if p.Reports[0].LastSenderReport != 0 {
					reports++
				}
			case *rtcp.PictureLossIndication:
				keys++
			}
		case <-time.After(5 * time.Millisecond):
		}
		require.Less(t, n, 2000)
	}
}

func TestPicturesOfVP8(t *testing.T) {
	s := publish(t, rtctest.CameraParams{Video: media.VP8})
	packetiser := vp8.Packetiser{MaxPayload: 1100}
	for n := range 20 {
		frame := bytes.Repeat([]byte{byte(n)}, 3000)
		frame[0] = 1
		if n%10 == 0 {
			copy(frame, []byte{0, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01})
		}
		for _, p := range s.video.packets(time.Duration(n)*40*time.Millisecond, packetiser.Append(nil, &media.Unit{Payload: frame})...) {
			s.Send(t, media.Video, p)
		}
		u := s.next(t)
		require.Equal(t, media.Format{Codec: media.VP8, Width: 640, Height: 360}, *u.Format)
		require.Equal(t, frame, u.Payload)
		require.Equal(t, n%10 == 0, u.Key)
		require.False(t, u.Gap)
	}
	_, video := s.publisher.Stats()
	require.Equal(t, "VP8", video.Codec)
	require.Equal(t, 640, video.Width)
}

// TestSoundAndPicturesKeepTheirOffset sends both at once, while the browser's reports say that the pictures were taken
// 100 ms before.
func TestSoundAndPicturesKeepTheirOffset(t *testing.T) {
	s := publish(t, rtctest.CameraParams{Video: media.H264, Audio: media.PCMA})
	const early = 100 * time.Millisecond
	begin := time.Now()
	offset := func(n int) time.Duration {
		s.speak(t, time.Duration(n)*20*time.Millisecond, bytes.Repeat([]byte{byte(n)}, 160))
		s.show(t, at(picture(n, n == 0, 100), time.Duration(n)*20*time.Millisecond))
		var sound, pic time.Duration
		for range 2 {
			if u := s.next(t); u.Kind() == media.Audio {
				sound = u.PTS
			} else {
				pic = u.PTS
			}
		}
		return pic - sound
	}
	require.InDelta(t, 0, offset(0).Seconds(), 0.05, "before anything is known, by arrival")
	n := 0
	require.Eventually(t, func() bool {
		n++
		s.Report(t, media.Audio, begin, s.audio.stamp)
		s.Report(t, media.Video, begin.Add(-early), s.video.stamp)
		return (offset(n) + early).Abs() < 15*time.Millisecond
	}, patience, 20*time.Millisecond, "bent to what the reports say")
}

func TestBrowserThatIsNotReachedIsGivenUp(t *testing.T) {
	s := setUp(t, rtctest.CameraParams{Audio: media.Opus}, 200*time.Millisecond, false)
	require.ErrorIs(t, receive(t, s.ended), rtc.ErrNoWay)
	select {
	case <-s.connected:
		require.Fail(t, "it is said to have connected")
	default:
	}
}

func TestEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(s *stage)
		want error
	}{
		"the browser leaves": {func(s *stage) { s.Close() }, rtc.ErrLeft},
		"the stream ends":    {func(s *stage) { s.stream.Close() }, nil},
		"it is told to":      {func(s *stage) { s.stop() }, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			s := publish(t, rtctest.CameraParams{Video: media.H264, Audio: media.Opus})
			s.show(t, picture(0, true, 100))
			s.next(t)
			tt.end(s)
			require.ErrorIs(t, receive(t, s.ended), tt.want)
			receive(t, s.Gone)
		})
	}
}

// TestManyComeAndGo leaves it to the end of all tests to show that nothing of them is left.
func TestManyComeAndGo(t *testing.T) {
	for range 50 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			s := publish(t, rtctest.CameraParams{Video: media.H264, Audio: media.PCMA})
			s.show(t, picture(0, true, 5000))
			require.True(t, s.next(t).Key)
		})
	}
}
