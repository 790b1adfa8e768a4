package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"callcast/ui/model"
	"callcast/ui/widgets"
)

// table is one screen behind a tab.
type table struct {
	title   func() string
	grid    *widgets.Grid
	content fyne.CanvasObject // the grid, and what stands around it
	update  func(model.Change)
}

// newTables lists the screens behind the tabs.
func newTables(m *model.Model, streams *Streams, accounts *Accounts, ladder *Ladder) []*table {
	return []*table{newCalls(m), streams.table, newEnded(m), accounts.table, ladder.table}
}

// Tabs shows one table at a time. Its tabs are buttons, so that they are reached with the keyboard.
type Tabs struct {
	tables  []*table
	buttons []*widget.Button
	content fyne.CanvasObject
	shown   int
}

// NewTabs makes the tables.
func NewTabs(m *model.Model, streams *Streams, accounts *Accounts, ladder *Ladder) *Tabs {
	t := &Tabs{tables: newTables(m, streams, accounts, ladder)}
	row, stack := container.NewHBox(), container.NewStack()
	for i, table := range t.tables {
		button := widget.NewButton("", func() { t.Show(i) })
		t.buttons = append(t.buttons, button)
		row.Add(button)
		stack.Add(table.content)
	}
	t.content = container.New(layout.NewBorderLayout(row, nil, nil, nil), row, stack)
	t.Show(0)
	t.Update(model.Change{})
	return t
}

// Content is what the window shows.
func (t *Tabs) Content() fyne.CanvasObject { return t.content }

// Show brings one table to the front.
func (t *Tabs) Show(shown int) {
	t.shown = shown
	for i, table := range t.tables {
		table.content.Hide()
		t.buttons[i].Importance = widget.LowImportance
		if i == shown {
			table.content.Show()
			table.update(model.Change{})
			t.buttons[i].Importance = widget.MediumImportance
			table.grid.Refresh()
		}
		t.buttons[i].Refresh()
	}
	t.content.Refresh()
}

// Update shows what changed.
func (t *Tabs) Update(c model.Change) {
	for i, table := range t.tables {
		table.update(c)
		if title := table.title(); title != t.buttons[i].Text {
			t.buttons[i].SetText(title)
		}
	}
}
