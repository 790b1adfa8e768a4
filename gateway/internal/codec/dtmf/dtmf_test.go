package dtmf

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSenderTiming(t *testing.T) {
	var s Sender
	s.Queue("5")
	s.Queue("#")
	const rate, step = 8000, 160
	stamp := uint32(0xFFFFFF00) // wraps in the middle of the first key
	type sent struct {
		tick int
		Packet
	}
	var got []sent
	for tick := range 60 {
		if p, ok := s.Next(stamp, rate); ok {
			got = append(got, sent{tick, p})
		}
		stamp += step
	}
	require.Len(t, got, 2*(tone+endPackets-1))
	first, second := got[:len(got)/2], got[len(got)/2:]
	for i, key := range [][]sent{first, second} {
		code := []byte{5, 11}[i]
		for n, p := range key {
			duration := uint16(min(n+1, tone) * step)
			e, ok := parseEvent(p.Payload)
			require.True(t, ok)
			require.Equal(t, event{code: code, end: n >= tone-1, volume: volume, duration: duration}, e)
			require.Equal(t, key[0].Timestamp, p.Timestamp, "an event keeps its stamp")
			require.Equal(t, n == 0, p.Marker)
			require.Equal(t, key[0].tick+n, p.tick, "one packet each tick")
		}
	}
	require.Equal(t, uint32(0xFFFFFF00), first[0].Timestamp)
	require.Equal(t, pause+1, second[0].tick-first[len(first)-1].tick, "silence between keys")
	require.Equal(t, first[0].Timestamp+uint32(second[0].tick*step), second[0].Timestamp)
}

func TestSenderCountsInTheClockOfTheEvents(t *testing.T) {
	var s Sender
	s.Queue("1")
	p, ok := s.Next(0, 48000)
	require.True(t, ok)
	e, _ := parseEvent(p.Payload)
	require.Equal(t, uint16(960), e.duration)
}

func TestReceiverHearsWhatTheSenderPlays(t *testing.T) {
	for _, lost := range []map[int]bool{{}, {0: true}, {0: true, 1: true, 9: true}, {8: true, 9: true, 7: true}} {
		var s Sender
		s.Queue("1123*#D0")
		var r Receiver
		heard, n, stamp := "", 0, uint32(0)
		for range 200 {
			if p, ok := s.Next(stamp, 8000); ok {
				if !lost[n%(tone+endPackets-1)] {
					if key, ok := r.Push(p.Payload, p.Timestamp); ok {
						heard += string(key)
					}
				}
				n++
			}
			stamp += 160
		}
		require.Equal(t, "1123*#D0", heard, "lost %v", lost)
	}
}

func TestReceiverTakesSegmentsForOneKey(t *testing.T) {
	var r Receiver
	long := event{code: 4, duration: maxEvent}
	_, ok := r.Push(long.marshal(), 1000)
	require.True(t, ok)
	_, ok = r.Push(event{code: 4, duration: 160}.marshal(), 1000+maxEvent)
	require.False(t, ok, "second segment")
	_, ok = r.Push(event{code: 4, end: true, duration: 320}.marshal(), 1000+maxEvent)
	require.False(t, ok)
	_, ok = r.Push(long.marshal(), 1000)
	require.False(t, ok, "late packet")
	_, ok = r.Push(event{code: 4, duration: 160}.marshal(), 900000)
	require.True(t, ok, "pressed again")
	_, ok = r.Push(event{code: 4, duration: 65440}.marshal(), 900000)
	require.False(t, ok)
	_, ok = r.Push(event{code: 4, duration: 160}.marshal(), 900000+65440)
	require.False(t, ok, "a segment of whole packets")
}

// TestReceiverOfARoughWay plays 2 2 7 and loses, doubles and shuffles packets, without what orders them.
func TestReceiverOfARoughWay(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	for round := range 300 {
		var s Sender
		s.Queue("227")
		var way []Packet
		for tick := range uint32(60) {
			if p, ok := s.Next(0xFFFFF000+tick*160, 8000); ok {
				way = append(way, p)
			}
		}
		var kept []Packet
		var firsts []int // in kept, of each key
		for i, p := range way {
			first := i%events == 0
			if first {
				firsts = append(firsts, len(kept))
			}
			for copies := random.IntN(3); copies > 0 || first; copies-- {
				kept, first = append(kept, p), false
			}
		}
		for _, at := range firsts[1:] { // the last of a key comes after the next has begun
			if at-2 >= 0 && kept[at-2].Timestamp == kept[at-1].Timestamp {
				kept[at-1], kept[at] = kept[at], kept[at-1]
			}
		}
		for i := 1; i < len(kept); i++ {
			if random.IntN(4) == 0 && kept[i].Timestamp == kept[i-1].Timestamp {
				kept[i], kept[i-1] = kept[i-1], kept[i]
			}
		}
		var r Receiver
		heard := ""
		for _, p := range kept {
			if key, ok := r.Push(p.Payload, p.Timestamp); ok {
				heard += string(key)
			}
		}
		require.Equal(t, "227", heard, "round %d", round)
	}
}

func TestReceiverAfterHalfATurnOfTheClock(t *testing.T) {
	var r Receiver
	for turn := range uint32(4) {
		_, ok := r.Push(event{code: 1, end: true, duration: 960}.marshal(), turn*0x90000000)
		require.True(t, ok, "turn %d", turn)
	}
}

func TestInfo(t *testing.T) {
	contentType, body := Info('#', true)
	require.Equal(t, "application/dtmf-relay", contentType)
	require.Equal(t, "Signal=#\r\nDuration=100\r\n", string(body))
	contentType, body = Info('7', false)
	require.Equal(t, "application/dtmf", contentType)
	require.Equal(t, "7", string(body))
}

func TestParseInfo(t *testing.T) {
	tests := []struct {
		contentType, body string
		key               rune
		d                 time.Duration
	}{
		{"application/dtmf-relay", "Signal=5\r\nDuration=250\r\n", '5', 250 * time.Millisecond},
		{"Application/DTMF-Relay; x=y", "signal= * \nduration= 99999999\n", '*', 0},
		{"application/dtmf-relay", "Signal=11", '#', 0},
		{"application/dtmf-relay", "Signal=3\rDuration=100", '3', 100 * time.Millisecond},
		{"application/dtmf-relay", "7", '7', 0},
		{"application/dtmf", "Signal=8\r\nDuration=100\r\n", '8', 100 * time.Millisecond},
		{"application/dtmf-relay", "Signal=d", 'D', 0},
		{"application/dtmf", "10", '*', 0},
		{"application/dtmf", " 0\r\n", '0', 0},
		{"application/dtmf", "", 0, 0},
		{"application/dtmf", "99", 0, 0},
		{"application/dtmf", "x", 0, 0},
		{"application/dtmf-relay", "Duration=160", 0, 160 * time.Millisecond},
		{"text/plain", "5", 0, 0},
	}
	for _, tt := range tests {
		key, d, ok := ParseInfo(tt.contentType, []byte(tt.body))
		require.Equal(t, tt.key, key, tt.body)
		require.Equal(t, tt.key != 0, ok, tt.body)
		require.Equal(t, tt.d, d, tt.body)
	}
}

func FuzzReceiver(f *testing.F) {
	f.Add([]byte{5, 10, 0, 160}, uint32(1))
	f.Add([]byte{255}, uint32(0))
	f.Fuzz(func(t *testing.T, payload []byte, stamp uint32) {
		var r Receiver
		for n := uint32(0); len(payload) > 0; n++ {
			packet := payload[:min(len(payload), eventSize+1)]
			payload = payload[len(packet):]
			before := slices.Clone(packet)
			key, ok := r.Push(packet, stamp*n)
			if ok && !Valid(string(key)) {
				t.Fatalf("key %q", key)
			}
			if !slices.Equal(before, packet) {
				t.Fatal("the packet was changed")
			}
			if _, again := r.Push(packet, stamp*n); again {
				t.Fatal("a packet told a key twice")
			}
		}
	})
}

func FuzzParseInfo(f *testing.F) {
	f.Add(TypeRelay, []byte("Signal=5\r\nDuration=250\r\n"))
	f.Add(TypePlain, []byte("#"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		if key, _, ok := ParseInfo(contentType, body); ok && !Valid(string(key)) {
			t.Fatalf("key %q", key)
		}
	})
}
