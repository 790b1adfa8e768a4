package demophone

import (
	"math"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"callcast/assets"
)

// TestTellsWhatItReceives sends the phone a clip of the phone's own kind, and hears and sees it through the phone.
func TestTellsWhatItReceives(t *testing.T) {
	tests := map[string]struct {
		audio       string
		payloadType uint8
		sound       func(*clip) []byte
	}{
		"A-law":  {"m=audio %AUDIO% RTP/AVP 8\r\n", 8, func(c *clip) []byte { return c.alaw }},
		"mu-law": {"m=audio %AUDIO% RTP/AVP 0\r\n", 0, func(c *clip) []byte { return c.ulaw }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			type sound struct {
				stamp   uint32
				samples []int16
			}
			sounds, pictures := make(chan sound, 100), make(chan []byte, 100)
			calls := make(chan string, 200)
			phone := start(t, Params{
				OnSound:   func(call string, at uint32, s []int16) { calls <- call; sounds <- sound{at, s} },
				OnPicture: func(call string, _ uint32, p []byte) { calls <- call; pictures <- p },
			})
			c := newCaller(t, phone)
			answer := c.establish(test.audio + offerVideoBoth)
			clip, err := loadClip()
			require.NoError(t, err)
			audio := test.sound(clip)
			for i := range 4 { // the 80 ms of the beep
				c.throw(answer, "audio", test.payloadType, uint16(i), uint32(160*i), false, audio[160*i:160*(i+1)])
			}
			var heard []int16
			for i := range 4 {
				s := await(t, sounds)
				require.Equal(t, uint32(160*i), s.stamp)
				heard = append(heard, s.samples...)
			}
			require.InDelta(t, 0.5, amplitude(heard, 1000), 0.03)
			require.Equal(t, c.id, await(t, calls))

			seq := uint16(65530)
			for i, p := range clip.entries[0][:10] {
				for j, payload := range p.fragments {
					seq++
					if i == 7 {
						continue // lost, whole
					}
					c.throw(answer, "video", 96, seq, uint32(3600*i), j == len(p.fragments)-1, payload)
				}
			}
			var stream []byte
			for range 7 {
				stream = append(stream, await(t, pictures)...)
			}
			require.Equal(t, 7, decoded(t, stream))
			last := await(t, pictures)
			var want viewer
			for _, payload := range clip.entries[0][9].fragments {
				shown, _ := want.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: want.next, Marker: true}, Payload: payload})
				require.Equal(t, shown, last[:len(shown)], "the one in which the loss shows is withheld")
				last = last[len(shown):]
			}
		})
	}
}

func await[T any](t *testing.T, from chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patient):
		require.Fail(t, "nothing came")
	}
	return v
}

const offerVideoBoth = "m=video %VIDEO% RTP/AVPF 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"

// throw sends a packet to one of the phone's ports.
func (c *caller) throw(answer, kind string, payloadType uint8, seq uint16, stamp uint32, marker bool, payload []byte) {
	c.t.Helper()
	p := rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: payloadType, SequenceNumber: seq, Timestamp: stamp, Marker: marker, SSRC: 7},
		Payload: payload,
	}
	raw, err := p.Marshal()
	require.NoError(c.t, err)
	_, err = c.audio.WriteToUDPAddrPort(raw, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), portIn(c.t, answer, kind)))
	require.NoError(c.t, err)
}

func amplitude(samples []int16, hz float64) float64 {
	var re, im float64
	for i, s := range samples {
		w := 2 * math.Pi * hz * float64(i) / audioRate
		re, im = re+float64(s)/32768*math.Sin(w), im+float64(s)/32768*math.Cos(w)
	}
	return 2 * math.Hypot(re, im) / float64(len(samples))
}

// TestViewerIsBounded: neither an end of the fragments nor a marker ever comes.
func TestViewerIsBounded(t *testing.T) {
	var v viewer
	payload := append([]byte{0x7C, 0x05}, make([]byte, 1200)...)
	before := heap()
	for range 10 * maxPicture / len(payload) {
		v.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: v.next}, Payload: payload})
	}
	require.Less(t, heap()-before, int64(3*maxPicture))
	_, ok := v.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: v.next, Marker: true}, Payload: payload})
	require.False(t, ok)
}

// heap is how much memory is held.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func FuzzViewer(f *testing.F) {
	picture, err := assets.ClipVideo(0)
	require.NoError(f, err)
	for _, p := range packetise(picture)[:2] {
		for _, payload := range p.fragments {
			f.Add(payload, true)
			f.Add(payload, false)
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte, marker bool) {
		var v viewer
		for seq := range uint16(3) {
			picture, ok := v.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: seq, Marker: marker}, Payload: payload})
			require.LessOrEqual(t, len(picture), maxPicture)
			require.True(t, marker || !ok)
		}
	})
}
