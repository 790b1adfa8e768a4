package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// row is one line of the table.
type row struct {
	name   string
	value  func(figures) float64
	format string
	goal   float64 // most that ours may be of theirs; 0 if there is none
}

func rows() []row {
	const megabyte = 1 << 20
	milliseconds := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return []row{
		{"CPU per call", func(f figures) float64 { return f.cpu * 100 }, "%.2f %%", 0.5},
		{"memory per call", func(f figures) float64 { return f.memoryPerCall / megabyte }, "%.2f MB", 0.05},
		{"memory, all", func(f figures) float64 { return f.memoryTotal / megabyte }, "%.1f MB", 0},
		{"  shared pages once", func(f figures) float64 { return f.sharedOnce / megabyte }, "%.1f MB", 0},
		{"answer to first picture", func(f figures) float64 { return milliseconds(f.firstMedian) }, "%.1f ms", 0},
		{"  slowest call", func(f figures) float64 { return milliseconds(f.firstWorst) }, "%.1f ms", 0},
		{"delay RTP to RTMP, median", func(f figures) float64 { return milliseconds(f.delayMedian) }, "%.2f ms", 0},
		{"  95 %", func(f figures) float64 { return milliseconds(f.delay95) }, "%.2f ms", 0},
		{"  worst", func(f figures) float64 { return milliseconds(f.delayWorst) }, "%.2f ms", 0},
		{"pictures sent", func(f figures) float64 { return float64(f.sent) }, "%.0f", 0},
		{"  arrived whole", func(f figures) float64 { return float64(f.arrived) }, "%.0f", 0},
		{"  arrived damaged", func(f figures) float64 { return float64(f.damaged) }, "%.0f", 0},
	}
}

const layout = "%-26s %12s %12s %8s %8s\n"

// compare prints what one contender did beside another with as many calls.
func compare(out io.Writer, ours, theirs outcome) error {
	var b strings.Builder
	title := fmt.Sprintf("%d calls, %s", ours.Calls, ours.Window.Round(time.Second))
	fmt.Fprintf(&b, layout, title, ours.Contender, theirs.Contender, "ratio", "goal")
	mine, other := ours.figures(), theirs.figures()
	for _, r := range rows() {
		x, y := r.value(mine), r.value(other)
		fmt.Fprintf(&b, layout, r.name, fmt.Sprintf(r.format, x), fmt.Sprintf(r.format, y), ratio(x, y), goal(r.goal))
	}
	fmt.Fprintf(&b, "%-26s %12.1f %12.1f\n\n", "load of the machine", ours.Load, theirs.Load)
	_, err := io.WriteString(out, b.String())
	return err
}

func ratio(x, y float64) string {
	if y == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f", x/y)
}

func goal(most float64) string {
	if most == 0 {
		return ""
	}
	return fmt.Sprintf("<= %.2f", most)
}

// save writes raw figures.
func save(path string, figures any) error {
	data, err := json.MarshalIndent(figures, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
