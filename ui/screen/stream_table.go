package screen

import (
	"net"
	"strconv"
	"strings"

	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/theme"
	"callcast/ui/widgets"
)

// newStreams is the table of the streams that exist, and of those that are being fetched.
func newStreams(m *model.Model) *table {
	columns := []widgets.Column{
		{Title: lang.L("State"), Width: 84},
		{Title: lang.L("Stream"), Width: 84},
		{Title: lang.L("Source"), Width: 138},
		{Title: lang.L("Codecs"), Width: 186},
		{Title: lang.L("Plan"), Width: 106},
		{Title: lang.L("Viewers"), Width: 64, Right: true},
		{Title: lang.L("Pushes"), Width: 92},
		{Title: lang.L("Bitrate"), Width: 80, Right: true},
	}
	t := &table{}
	t.grid = widgets.NewGrid(theme.Table{}, columns, func() int { return len(m.Streams()) }, func(row int) []widgets.Cell {
		return streamCells(m, m.Streams()[row])
	})
	t.grid.OnSelected = func(row int) { m.SelectStream(m.Streams()[row].Name) }
	t.title = func() string { return lang.L("Streams ({{.N}})", map[string]any{"N": len(m.Streams())}) }
	t.update = func(c model.Change) {
		switch {
		case c.Streams.All:
			t.grid.Refresh()
		case c.Pushes || c.Calls.All || len(c.Calls.Keys) > 0:
			t.grid.RefreshRows()
		default:
			for _, name := range c.Streams.Keys {
				t.grid.RefreshRow(m.StreamRow(name))
			}
		}
		t.grid.Mark(m.StreamRow(m.Selected().StreamName()))
	}
	return t
}

func streamCells(m *model.Model, s gateway.Stream) []widgets.Cell {
	return []widgets.Cell{
		lampCell(m.StreamLamp(s)),
		cell(s.Name),
		cell(source(s.Source, place(origin(m, s)))),
		cell(formats(s)),
		cell(planShort(s.Tracks)),
		cell(strconv.Itoa(viewers(s))),
		lampCell(model.PushesLamp(m.PushStates(s))),
		cell(bitrate(s.Video.BitsPerSec + s.Audio.BitsPerSec)),
	}
}

// origin is who or what publishes a stream.
func origin(m *model.Model, s gateway.Stream) string {
	if c, ok := m.CallOf(s); ok {
		return short(party(c))
	}
	return s.Origin
}

// place is the part of an origin that tells it from others where there is little room: who is called, or the host.
func place(origin string) string {
	if t, ok := parseTarget(origin); ok {
		return t.url.Hostname()
	}
	if host, _, err := net.SplitHostPort(origin); err == nil {
		return host
	}
	who, _, _ := strings.Cut(origin, "@")
	return who
}

// source says where a stream comes from.
func source(kind gateway.SourceKind, origin string) string {
	data := map[string]any{"Who": origin}
	switch kind {
	case gateway.SourceSIP:
		return strings.TrimSpace(lang.L("call {{.Who}}", data))
	case gateway.SourceRTMP:
		return strings.TrimSpace(lang.L("publisher {{.Who}}", data))
	case gateway.SourceWebRTC:
		return strings.TrimSpace(lang.L("browser {{.Who}}", data))
	case gateway.SourcePull:
		return strings.TrimSpace(lang.L("fetched {{.Who}}", data))
	default:
		return string(kind)
	}
}

// formats are the codecs of a stream with the size of its picture.
func formats(s gateway.Stream) string {
	video := none
	if s.Video.Codec != "" {
		video = s.Video.Codec
		if s.Video.Width != 0 {
			video += " " + resolution(s.Video)
		}
		if s.Video.FPS != 0 {
			video += " " + lang.L("{{.N}} fps", map[string]any{"N": fps(s.Video)})
		}
	}
	return orNone(line(video, orNone(s.Audio.Codec)))
}

// viewers are the people, as far as can be told: browsers and RTMP players.
func viewers(s gateway.Stream) int {
	n := 0
	for _, sink := range s.Sinks {
		if sink.Kind == gateway.SinkWebRTC || sink.Kind == gateway.SinkRTMPPlayer {
			n++
		}
	}
	return n
}
