package rtpio

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const ms = time.Millisecond

var start = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// in is a packet that comes in: its number, and when after the start.
type in struct {
	seq  uint16
	at   time.Duration
	ssrc uint32
}

// out is a packet handed on.
type out struct {
	seq     uint16
	lost    int
	restart bool
}

func packet(i in) Packet {
	return Packet{
		SequenceNumber: i.seq, SSRC: i.ssrc, Timestamp: uint32(i.seq) * 160,
		Arrived: start.Add(i.at), Payload: []byte{byte(i.seq)},
	}
}

func collect(packets []Packet) (got []out) {
	for _, p := range packets {
		got = append(got, out{p.SequenceNumber, p.Lost, p.Restart})
	}
	return got
}

func TestReceiverOrders(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    []in
		want  []out
		check func(t *testing.T, r *receiver)
	}{
		{
			name: "in order, through the wrap",
			in:   []in{{seq: 65534}, {seq: 65535}, {seq: 0}, {seq: 1}},
			want: []out{{seq: 65534}, {seq: 65535}, {seq: 0}, {seq: 1}},
		},
		{
			name:  "two swapped",
			in:    []in{{seq: 1}, {seq: 3}, {seq: 2}, {seq: 4}},
			want:  []out{{seq: 1}, {seq: 2}, {seq: 3}, {seq: 4}},
			check: func(t *testing.T, r *receiver) { require.EqualValues(t, 1, r.reordered) },
		},
		{
			name: "swapped around the wrap",
			in:   []in{{seq: 65534}, {seq: 1}, {seq: 0}, {seq: 65535}, {seq: 2}},
			want: []out{{seq: 65534}, {seq: 65535}, {seq: 0}, {seq: 1}, {seq: 2}},
		},
		{
			name: "a gap waits",
			in:   []in{{seq: 1}, {seq: 3, at: 20 * ms}, {seq: 4, at: 79 * ms}},
			want: []out{{seq: 1}},
		},
		{
			name:  "a gap is given up in time",
			in:    []in{{seq: 1}, {seq: 4, at: 20 * ms}, {seq: 5, at: 40 * ms}, {seq: 6, at: 80 * ms}},
			want:  []out{{seq: 1}, {seq: 4, lost: 2}, {seq: 5}, {seq: 6}},
			check: func(t *testing.T, r *receiver) { require.EqualValues(t, 2, r.order.total) },
		},
		{
			name:  "a late packet is dropped",
			in:    []in{{seq: 1}, {seq: 3, at: 20 * ms}, {seq: 4, at: 80 * ms}, {seq: 2, at: 90 * ms}, {seq: 5, at: 100 * ms}},
			want:  []out{{seq: 1}, {seq: 3, lost: 1}, {seq: 4}, {seq: 5}},
			check: func(t *testing.T, r *receiver) { require.EqualValues(t, 1, r.reordered) },
		},
		{
			name: "each gap has its own time",
			in:   []in{{seq: 1}, {seq: 3, at: 20 * ms}, {seq: 5, at: 60 * ms}, {seq: 6, at: 80 * ms}, {seq: 4, at: 110 * ms}},
			want: []out{{seq: 1}, {seq: 3, lost: 1}, {seq: 4}, {seq: 5}, {seq: 6}},
		},
		{
			name: "a gap is as old as the first packet behind it",
			in: []in{
				{seq: 1},
				{seq: 8, at: 20 * ms},
				{seq: 6, at: 40 * ms},
				{seq: 3, at: 45 * ms},
				{seq: 2, at: 50 * ms},
				{seq: 9, at: 80 * ms},
			},
			want: []out{{seq: 1}, {seq: 2}, {seq: 3}, {seq: 6, lost: 2}, {seq: 8, lost: 1}, {seq: 9}},
		},
		{
			name:  "duplicates, handed on and held",
			in:    []in{{seq: 1}, {seq: 1}, {seq: 3}, {seq: 3}, {seq: 2}, {seq: 2}, {seq: 3}},
			want:  []out{{seq: 1}, {seq: 2}, {seq: 3}},
			check: func(t *testing.T, r *receiver) { require.EqualValues(t, 4, r.duplicates) },
		},
		{
			name: "another source takes over with its second packet",
			in:   []in{{seq: 1}, {seq: 2}, {seq: 9000, ssrc: 7}, {seq: 9001, ssrc: 7}, {seq: 9002, ssrc: 7}},
			want: []out{{seq: 1}, {seq: 2}, {seq: 9000, restart: true}, {seq: 9001}, {seq: 9002}},
		},
		{
			name: "what was held comes before the new source",
			in:   []in{{seq: 1}, {seq: 3}, {seq: 9, ssrc: 7}, {seq: 10, ssrc: 7}},
			want: []out{{seq: 1}, {seq: 3, lost: 1}, {seq: 9, restart: true}, {seq: 10}},
		},
		{
			name:  "a stray packet does not take over",
			in:    []in{{seq: 1}, {seq: 2, ssrc: 7}, {seq: 2}, {seq: 3, ssrc: 7}, {seq: 3}},
			want:  []out{{seq: 1}, {seq: 2}, {seq: 3}},
			check: func(t *testing.T, r *receiver) { require.EqualValues(t, 2, r.strays) },
		},
		{
			name: "the sequence begins anew",
			in:   []in{{seq: 5000}, {seq: 5001}, {seq: 10}, {seq: 11}, {seq: 12}},
			want: []out{{seq: 5000}, {seq: 5001}, {seq: 10, restart: true}, {seq: 11}, {seq: 12}},
		},
		{
			name: "a leap forward with a loss inside",
			in:   []in{{seq: 1}, {seq: 2000}, {seq: 2003, at: 20 * ms}, {seq: 2004, at: 80 * ms}},
			want: []out{{seq: 1}, {seq: 2000, restart: true}, {seq: 2003, lost: 2}, {seq: 2004}},
		},
		{
			name: "a long burst of loss is no leap",
			in:   []in{{seq: 1}, {seq: 501}, {seq: 502, at: 60 * ms}},
			want: []out{{seq: 1}, {seq: 501, lost: 499}, {seq: 502}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r receiver
			var got []Packet
			for _, i := range c.in {
				got = r.push(packet(i), 8000, got)
			}
			require.Equal(t, c.want, collect(got))
			for _, p := range got {
				require.Equal(t, []byte{byte(p.SequenceNumber)}, p.Payload)
			}
			if c.check != nil {
				c.check(t, &r)
			}
		})
	}
}

// TestReceiverFollowsASenderThatCountsAnew with the same SSRC, from a number that is near.
func TestReceiverFollowsASenderThatCountsAnew(t *testing.T) {
	const before, after = 300, 100
	var r receiver
	var got []Packet
	for i := range uint16(before) {
		got = r.push(packet(in{seq: 100 + i, at: time.Duration(i) * 20 * ms}), 8000, got)
	}
	for i := range uint16(after) {
		got = r.push(packet(in{seq: 50 + i, at: time.Duration(before+i) * 20 * ms}), 8000, got)
	}
	require.GreaterOrEqual(t, len(got), before+after-int(oldFor/(20*ms))-1)
	restarts := 0
	for i, p := range got {
		require.True(t, i == 0 || p.Restart || p.SequenceNumber == got[i-1].SequenceNumber+1)
		if p.Restart {
			restarts++
		}
	}
	require.Equal(t, 1, restarts)
}

// TestReceiverIsNotMisledByOldPackets: the network brings some twice, much later, and beside those that go on.
func TestReceiverIsNotMisledByOldPackets(t *testing.T) {
	var r receiver
	var got []Packet
	for i := range uint16(300) {
		got = r.push(packet(in{seq: 1000 + i, at: time.Duration(i) * 20 * ms}), 8000, got)
		got = r.push(packet(in{seq: 1000 + i - min(i, 100), at: time.Duration(i) * 20 * ms}), 8000, got)
	}
	require.Len(t, got, 300)
	for _, p := range got {
		require.False(t, p.Restart)
	}
}

func TestReceiverHoldsALittleLongerForVideo(t *testing.T) {
	for rate, hold := range map[int]time.Duration{8000: audioHold, 90000: videoHold} {
		var r receiver
		got := r.push(packet(in{seq: 1}), rate, nil)
		got = r.push(packet(in{seq: 3, at: 5 * ms}), rate, got)
		require.Equal(t, start.Add(5*ms+hold), r.order.due())
		require.Len(t, r.order.expire(start.Add(4*ms+hold), got), 1)
		got = r.order.expire(start.Add(5*ms+hold), got)
		require.Equal(t, []out{{seq: 1}, {seq: 3, lost: 1}}, collect(got))
		require.True(t, r.order.due().IsZero())
	}
}

func TestReceiverHoldsNoMoreThanItsBound(t *testing.T) {
	var r receiver
	got := r.push(packet(in{seq: 1}), 90000, nil)
	for i := range uint16(maxHeld) {
		got = r.push(packet(in{seq: 3 + i}), 90000, got)
	}
	require.Len(t, got, 1)
	got = r.push(packet(in{seq: 3 + maxHeld}), 90000, got)
	require.Len(t, got, 1+maxHeld+1)
	require.Equal(t, 1, got[1].Lost)
}

// A packet without payload keeps its place in the sequence, and what is to be told goes with the next.
func TestReceiverPassesOverEmptyPackets(t *testing.T) {
	var r receiver
	var got []Packet
	for _, i := range []in{{seq: 1}, {seq: 2}, {seq: 4, at: 10 * ms}, {seq: 5, at: 90 * ms}} {
		pkt := packet(i)
		if i.seq == 2 || i.seq == 4 {
			pkt.Payload = nil
		}
		got = r.push(pkt, 8000, got)
	}
	require.Equal(t, []out{{seq: 1}, {seq: 5, lost: 1}}, collect(got))
}

func TestMissingPacketsAreAskedForOnce(t *testing.T) {
	var r receiver
	r.push(packet(in{seq: 65533}), 90000, nil)
	require.Empty(t, r.order.ask())
	r.push(packet(in{seq: 0}), 90000, nil)
	require.Equal(t, []uint16{65534, 65535}, r.order.ask())
	r.push(packet(in{seq: 1}), 90000, nil)
	require.Empty(t, r.order.ask())
	r.push(packet(in{seq: 3}), 90000, nil)
	r.push(packet(in{seq: 65535}), 90000, nil)
	require.Equal(t, []uint16{2}, r.order.ask())
	r.push(packet(in{seq: 3 + maxWanted + 2}), 90000, nil)
	require.Empty(t, r.order.ask(), "too many to be repaired")
}

// Whatever the network does, the packets handed on are in order, each once, and the counters add up.
func TestReceiverUnderImpairment(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	const sent = 20000
	var arrivals []in
	for i := range sent {
		if random.IntN(20) == 0 {
			continue
		}
		at := time.Duration(i) * 10 * ms
		arrivals = append(arrivals, in{seq: uint16(i + 60000), at: at})
		if random.IntN(50) == 0 {
			arrivals = append(arrivals, in{seq: uint16(i + 60000), at: at})
		}
	}
	for i := 1; i < len(arrivals); i++ {
		if random.IntN(10) == 0 {
			arrivals[i].seq, arrivals[i-1].seq = arrivals[i-1].seq, arrivals[i].seq
		}
	}
	var r receiver
	var got []Packet
	for _, i := range arrivals {
		got = r.push(packet(i), 90000, got)
	}
	got = r.order.flush(got)
	lost := 0
	for i, p := range got {
		lost += p.Lost
		if i > 0 {
			require.EqualValues(t, p.Lost+1, p.SequenceNumber-got[i-1].SequenceNumber)
		}
	}
	require.EqualValues(t, r.order.total, lost)
	require.Len(t, got, int(r.packets))
	require.InDelta(t, sent/20, lost, sent/100)
	require.EqualValues(t, len(arrivals), r.packets+r.duplicates)
}
