package screen

import (
	"strconv"

	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/theme"
	"callcast/ui/widgets"
)

// newStreams is the table of the streams that exist.
func newStreams(m *model.Model) *table {
	columns := []widgets.Column{
		{Title: lang.L("State"), Width: 94},
		{Title: lang.L("Stream"), Width: 164},
		{Title: lang.L("Source"), Width: 70},
		{Title: lang.L("Codecs"), Width: 104},
		{Title: lang.L("Picture"), Width: 78, Right: true},
		{Title: lang.L("fps"), Width: 42, Right: true},
		{Title: lang.L("Bitrate"), Width: 82, Right: true},
		{Title: lang.L("Readers"), Width: 78, Right: true},
		{Title: lang.L("Dropped"), Width: 90, Right: true},
	}
	t := &table{}
	t.grid = widgets.NewGrid(theme.Table{}, columns, func() int { return len(m.Streams()) }, func(row int) []widgets.Cell {
		return streamCells(m.Streams()[row])
	})
	t.grid.OnSelected = func(row int) { m.SelectStream(m.Streams()[row].Name) }
	t.title = func() string { return lang.L("Streams ({{.N}})", map[string]any{"N": len(m.Streams())}) }
	t.update = func(c model.Change) {
		if c.Streams.All {
			t.grid.Refresh()
		}
		for _, name := range c.Streams.Keys {
			t.grid.RefreshRow(m.StreamRow(name))
		}
		t.grid.Mark(m.StreamRow(m.Selected().StreamName()))
	}
	return t
}

func streamCells(s gateway.Stream) []widgets.Cell {
	var dropped uint64
	for _, sink := range s.Sinks {
		dropped += sink.Dropped
	}
	return []widgets.Cell{
		lampCell(model.StreamLamp(s)),
		cell(s.Name),
		cell(source(s.Source)),
		cell(codecs(s.Video, s.Audio)),
		cell(resolution(s.Video)),
		cell(fps(s.Video)),
		cell(bitrate(s.Video.BitsPerSec + s.Audio.BitsPerSec)),
		cell(strconv.Itoa(len(s.Sinks))),
		cell(strconv.FormatUint(dropped, 10)),
	}
}

func source(k gateway.SourceKind) string {
	switch k {
	case gateway.SourceSIP:
		return "SIP"
	case gateway.SourceRTMP:
		return "RTMP"
	default:
		return string(k)
	}
}
