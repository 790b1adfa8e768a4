package screen

import (
	"time"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/theme"
	"callcast/ui/widgets"
)

// newEnded is the table of the calls that ended, and why.
func newEnded(m *model.Model) *table {
	columns := []widgets.Column{
		{Title: lang.L("Ended"), Width: 70},
		{Title: lang.L("Result"), Width: 90},
		{Title: lang.L("Other side"), Width: 104},
		{Title: lang.L("Time"), Width: 60, Right: true},
		{Title: lang.L("SIP"), Width: 38, Right: true},
		{Title: lang.L("Why"), Width: 440},
	}
	t := &table{}
	t.grid = widgets.NewGrid(theme.Table{}, columns, func() int { return len(m.Ended()) }, func(row int) []widgets.Cell {
		return endedCells(m.Ended()[row])
	})
	t.content = t.grid
	t.grid.OnSelected = func(row int) { m.SelectCall(m.Ended()[row].ID) }
	t.title = func() string { return lang.L("Ended calls ({{.N}})", map[string]any{"N": len(m.Ended())}) }
	t.update = func(c model.Change) {
		if c.Ended {
			t.grid.Refresh()
		}
		if c.Ended || c.Selection {
			t.grid.Mark(endedRow(m))
		}
	}
	return t
}

func endedRow(m *model.Model) int {
	selected := m.Selected().Call
	if selected == nil {
		return -1
	}
	for i, c := range m.Ended() {
		if c.ID == selected.ID && c.Created.Equal(selected.Created) {
			return i
		}
	}
	return -1
}

func endedCells(c gateway.Call) []widgets.Cell {
	why := cell(model.Why(c))
	if c.Status != gateway.CallFinish {
		why.Tone = widget.WarningImportance
	}
	return []widgets.Cell{
		cell(c.Ended.Format(time.TimeOnly)),
		lampCell(model.CallLamp(c)),
		cell(short(party(c))),
		cell(lasted(c, c.Ended)),
		cell(sipStatus(c.SIPStatus)),
		why,
	}
}
