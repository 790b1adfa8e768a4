package rtpio

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReportOfLoss(t *testing.T) {
	var r receiver
	push := func(from, to int, missing func(int) bool) {
		for i := from; i < to; i++ {
			if !missing(i) {
				r.push(packet(in{seq: uint16(i + 65500), at: time.Duration(i) * 20 * ms, ssrc: 9}), 8000, nil)
			}
		}
	}
	none := func(int) bool { return false }
	push(0, 100, func(i int) bool { return i%4 == 1 })
	block, share := r.tally.report(9)
	require.EqualValues(t, 9, block.SSRC)
	require.EqualValues(t, 25, block.TotalLost)
	require.EqualValues(t, 64, block.FractionLost)
	require.InDelta(t, 0.25, share, 1e-9)
	require.EqualValues(t, 1<<16+63, block.LastSequenceNumber, "one cycle")

	push(100, 200, none)
	push(190, 200, none) // duplicates change nothing
	block, share = r.tally.report(9)
	require.EqualValues(t, 25, block.TotalLost)
	require.Zero(t, block.FractionLost)
	require.Zero(t, share)
}

func TestReportAfterTotalLoss(t *testing.T) {
	var r receiver
	r.push(packet(in{seq: 1}), 8000, nil)
	r.tally.report(0)
	block, share := r.tally.report(0)
	require.Zero(t, block.FractionLost, "nothing expected")
	require.Zero(t, share)
	r.push(packet(in{seq: 401}), 8000, nil)
	block, _ = r.tally.report(0)
	require.EqualValues(t, 255, block.FractionLost)
}

func TestJitter(t *testing.T) {
	for _, c := range []struct {
		name string
		at   func(i int) time.Duration
		want float64 // ms
	}{
		{"none", func(i int) time.Duration { return time.Duration(i) * 20 * ms }, 0},
		{"every other packet 8 ms late", func(i int) time.Duration {
			return time.Duration(i)*20*ms + time.Duration(i%2)*8*ms
		}, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r receiver
			for i := range 500 {
				r.push(packet(in{seq: uint16(i), at: c.at(i)}), 8000, nil)
			}
			require.InDelta(t, c.want, r.tally.jitterMS(), 0.1)
			block, _ := r.tally.report(0)
			require.InDelta(t, c.want*8, block.Jitter, 1)
		})
	}
}

func TestManyPacketsOfOnePictureAreNoJitter(t *testing.T) {
	var r receiver
	for i := range 500 {
		pkt := packet(in{seq: uint16(i), at: time.Duration(i/5)*40*ms + time.Duration(i%5)*6*ms})
		pkt.Timestamp = uint32(i/5) * 3600
		r.push(pkt, 90000, nil)
	}
	require.Zero(t, r.tally.jitterMS())
}
