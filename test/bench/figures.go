package main

import (
	"math"
	"slices"
	"time"
)

// figures are what an outcome comes to.
type figures struct {
	cpu           float64 // seconds per call-second
	memoryPerCall float64 // bytes resident because of a call
	memoryTotal   float64 // bytes resident
	sharedOnce    float64 // the same, with pages that processes share counted once
	firstMedian   time.Duration
	firstWorst    time.Duration
	delayMedian   time.Duration
	delay95       time.Duration
	delayWorst    time.Duration
	sent          int // pictures in the window
	arrived       int // of these
	damaged       int // pictures that arrived as they were never sent
}

func (o outcome) figures() figures {
	resident := o.Busy.RSS
	if !o.ProcessPerCall {
		resident -= o.Idle.RSS // what stands there without calls is not theirs
	}
	f := figures{
		cpu:           o.CPU.Seconds() / o.Window.Seconds() / float64(o.Calls),
		memoryPerCall: float64(resident) / float64(o.Calls),
		memoryTotal:   float64(o.Busy.RSS),
		sharedOnce:    float64(o.Busy.PSS),
	}
	var first, delays []time.Duration
	for _, y := range o.Yields {
		first = append(first, y.FirstPicture)
		delays = append(delays, y.Delays...)
		f.sent += y.Sent
		f.arrived += len(y.Delays)
		f.damaged += y.Damaged
	}
	slices.Sort(first)
	slices.Sort(delays)
	f.firstMedian, f.firstWorst = quantile(first, 0.5), quantile(first, 1)
	f.delayMedian, f.delay95, f.delayWorst = quantile(delays, 0.5), quantile(delays, 0.95), quantile(delays, 1)
	return f
}

// quantile is the least of the sorted values that a share q of them does not exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
