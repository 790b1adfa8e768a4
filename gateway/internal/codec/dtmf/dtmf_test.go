package dtmf

import (
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
}

func TestInfo(t *testing.T) {
	contentType, body := Info('#', true)
	require.Equal(t, "application/dtmf-relay", contentType)
	require.Equal(t, "Signal=#\r\nDuration=160\r\n", string(body))
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
		if key, ok := r.Push(payload, stamp); ok && !Valid(string(key)) {
			t.Fatalf("key %q", key)
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
