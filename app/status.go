package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"callcast/gateway"
)

// How often the status table is printed: in place on a terminal, seldom into a file.
const (
	statusOnTerminal = time.Second
	statusInFile     = 5 * time.Second
)

// showStatus prints the state of the gateway until ctx ends.
func showStatus(ctx context.Context, api gateway.API, out io.Writer) {
	interval, wipe := statusInFile, ""
	if isTerminal(out) {
		interval, wipe = statusOnTerminal, "\x1b[H\x1b[2J"
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		_, _ = io.WriteString(out, wipe+statusTable(api.Snapshot(), time.Now()))
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func isTerminal(out io.Writer) bool {
	if o, ok := out.(*outlet); ok {
		out = o.to
	}
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// statusTable is what an operator wants to know at a glance.
func statusTable(s gateway.Snapshot, now time.Time) string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "Callcast %s   %s\n", Version, now.Format(time.TimeOnly))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, l := range s.Listeners {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", strings.ToUpper(l.Name), listenerText(l))
	}
	if len(s.Calls) > 0 {
		_, _ = fmt.Fprintln(w, "\nCALL\tCALLEE\tSTATUS\tSIP\tTIME\tAUDIO\tVIDEO\tLOSS\tRTMP")
	}
	for _, c := range s.Calls {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%.1f%%\t%s\n", c.ID, c.Callee, c.Status, c.SIPStatus,
			duration(c, now), c.Audio.Codec, videoText(c.Video), max(c.Audio.LossPercent, c.Video.LossPercent), c.RTMPStatus)
	}
	if len(s.Streams) > 0 {
		_, _ = fmt.Fprintln(w, "\nSTREAM\tSOURCE\tAUDIO\tVIDEO\tKBIT/S\tSINKS")
	}
	for _, st := range s.Streams {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\n", st.Name, st.Source, st.Audio.Codec, videoText(st.Video),
			(st.Audio.BitsPerSec+st.Video.BitsPerSec)/1000, len(st.Sinks))
	}
	_ = w.Flush()
	b.WriteByte('\n')
	return b.String()
}

func listenerText(l gateway.Listener) string {
	switch {
	case l.Err != nil:
		return l.Err.Message
	case l.Name == "rest":
		return "http://" + l.Address + "/rest-api/call/find_all"
	case l.Name == "rtmp":
		return "rtmp://" + l.Address + "/live"
	}
	return l.Address
}

func videoText(m gateway.MediaStats) string {
	if m.Codec == "" {
		return "-"
	}
	return fmt.Sprintf("%s %dx%d@%.0f", m.Codec, m.Width, m.Height, m.FPS)
}

func duration(c gateway.Call, now time.Time) string {
	if c.Established.IsZero() {
		return "-"
	}
	return now.Sub(c.Established).Truncate(time.Second).String()
}
