package screen

import (
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/theme"
	"callcast/ui/widgets"
)

// newCalls is the table of the calls that live.
func newCalls(m *model.Model) *table {
	columns := []widgets.Column{
		{Title: lang.L("State"), Width: 106},
		{Title: lang.L("SIP"), Width: 32, Right: true},
		{Title: lang.L("Other side"), Width: 110},
		{Title: lang.L("Time"), Width: 50, Right: true},
		{Title: lang.L("Notes"), Width: 72},
		{Title: lang.L("Codecs"), Width: 94},
		{Title: lang.L("Picture"), Width: 66, Right: true},
		{Title: lang.L("fps"), Width: 28, Right: true},
		{Title: lang.L("Bitrate"), Width: 74, Right: true},
		{Title: lang.L("Loss"), Width: 46, Right: true},
		{Title: lang.L("Jitter"), Width: 56, Right: true},
		{Title: lang.L("RTMP"), Width: 84},
	}
	t := &table{}
	t.grid = widgets.NewGrid(theme.Table{}, columns, func() int { return len(m.Calls()) }, func(row int) []widgets.Cell {
		return callCells(m.Calls()[row], time.Now())
	})
	t.content = t.grid
	t.grid.OnSelected = func(row int) { m.SelectCall(m.Calls()[row].ID) }
	t.title = func() string { return lang.L("Calls ({{.N}})", map[string]any{"N": len(m.Calls())}) }
	t.update = func(c model.Change) {
		switch {
		case c.Calls.All || c.Clock && len(m.Calls()) > 0:
			t.grid.Refresh()
		default:
			for _, id := range c.Calls.Keys {
				t.grid.RefreshRow(m.CallRow(id))
			}
		}
		if selected := m.Selected().Call; selected != nil {
			t.grid.Mark(m.CallRow(selected.ID))
		} else {
			t.grid.Mark(-1)
		}
	}
	return t
}

func callCells(c gateway.Call, now time.Time) []widgets.Cell {
	return []widgets.Cell{
		lampCell(model.CallLamp(c)),
		cell(sipStatus(c.SIPStatus)),
		cell(short(party(c))),
		cell(lasted(c, now)),
		notes(c),
		cell(codecs(c.Video, c.Audio)),
		cell(resolution(c.Video)),
		cell(fps(c.Video)),
		cell(bitrate(c.Video.BitsPerSec + c.Audio.BitsPerSec)),
		cell(loss(c.Video, c.Audio)),
		cell(jitter(c.Video, c.Audio)),
		lampCell(model.PushLamp(c.RTMPStatus)),
	}
}

// notes are what must not be forgotten of a call.
func notes(c gateway.Call) widgets.Cell {
	all := marks(c)
	tone := widget.WarningImportance
	if len(all) == 0 {
		tone = widget.MediumImportance
	}
	if c.Incoming {
		all = append(all, lang.L("incoming"))
	}
	if c.Encrypted {
		all = append(all, "SRTP")
	}
	return widgets.Cell{Text: strings.Join(all, " · "), Tone: tone}
}

// short is a party where there is little room.
func short(party string) string { return strings.TrimPrefix(party, "sip:") }

// party is the other side of a call.
func party(c gateway.Call) string {
	if c.Incoming {
		return c.Caller
	}
	return c.Callee
}
