package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Column is one column of a Grid. Columns keep their widths in proportion when the grid is wider than all of them.
type Column struct {
	Title string
	Width float32
	Right bool // align to the right: numbers
}

// Cell is what stands in one place of a Grid.
type Cell struct {
	Text string
	Tone widget.Importance
}

// Grid is a table whose rows are selected as a whole. It draws the rows in sight only and redraws the cells that
// differ only, so that a hundred lively rows stay cheap.
type Grid struct {
	widget.BaseWidget
	OnSelected func(row int) // the operator chose a row

	theme   fyne.Theme
	columns []Column
	length  func() int
	cells   func(row int) []Cell
	list    *widget.List
	header  fyne.CanvasObject
	drawn   map[*fyne.Container]int // which row each of the list's objects was given last
	mute    bool                    // the program selects, not the operator
	chosen  int
}

// NewGrid makes a grid whose rows are as high as th makes them. length and cells are asked whenever it draws.
func NewGrid(th fyne.Theme, columns []Column, length func() int, cells func(row int) []Cell) *Grid {
	g := &Grid{theme: th, columns: columns, length: length, cells: cells, drawn: map[*fyne.Container]int{}, OnSelected: func(int) {}, chosen: -1}
	g.header = g.newHeader()
	g.list = widget.NewList(length, g.newRow, func(i widget.ListItemID, o fyne.CanvasObject) {
		row := o.(*fyne.Container)
		g.drawn[row] = i
		if i < g.length() {
			fillRow(row, g.cells(i))
		}
	})
	g.list.OnSelected = func(i widget.ListItemID) {
		g.chosen = i
		if !g.mute {
			g.OnSelected(i)
		}
	}
	g.ExtendBaseWidget(g)
	return g
}

// Refresh redraws every row in sight.
func (g *Grid) Refresh() {
	clear(g.drawn)
	g.list.Refresh()
}

// RefreshRow redraws one row, if it is in sight. The list's own RefreshItem would redraw all of them.
func (g *Grid) RefreshRow(row int) {
	for o, drawn := range g.drawn {
		if drawn == row && row < g.length() {
			fillRow(o, g.cells(row))
		}
	}
}

// RefreshRows redraws what differs in the rows in sight, none of which came or went.
func (g *Grid) RefreshRows() {
	for o, row := range g.drawn {
		if row < g.length() {
			fillRow(o, g.cells(row))
		}
	}
}

// Mark shows a row as selected without telling OnSelected; -1 is none.
func (g *Grid) Mark(row int) {
	if row == g.chosen {
		return
	}
	g.mute = true
	if row < 0 {
		g.list.UnselectAll()
	} else {
		g.list.Select(row)
	}
	g.mute = false
	g.chosen = row
}

// Marked is the selected row, -1 if none.
func (g *Grid) Marked() int { return g.chosen }

// CreateRenderer implements fyne.Widget.
func (g *Grid) CreateRenderer() fyne.WidgetRenderer {
	body := container.NewBorder(g.header, nil, nil, nil, g.list)
	return widget.NewSimpleRenderer(container.NewHScroll(container.NewThemeOverride(body, g.theme)))
}

func (g *Grid) newHeader() fyne.CanvasObject {
	row := container.New(g.layout())
	for _, c := range g.columns {
		l := g.newCell(c)
		l.Text = c.Title
		l.Importance = widget.LowImportance
		row.Add(l)
	}
	return row
}

func (g *Grid) newRow() fyne.CanvasObject {
	row := container.New(g.layout())
	for _, c := range g.columns {
		row.Add(g.newCell(c))
	}
	return row
}

func (g *Grid) newCell(c Column) *widget.Label {
	l := widget.NewLabel("")
	l.Truncation = fyne.TextTruncateEllipsis
	if c.Right {
		l.Alignment = fyne.TextAlignTrailing
	}
	return l
}

func fillRow(row *fyne.Container, cells []Cell) {
	for i, cell := range cells {
		l := row.Objects[i].(*widget.Label)
		if l.Text == cell.Text && l.Importance == cell.Tone {
			continue
		}
		l.Importance = cell.Tone
		l.SetText(cell.Text)
	}
}

func (g *Grid) layout() fyne.Layout {
	widths := make(columnWidths, 0, len(g.columns))
	for _, c := range g.columns {
		widths = append(widths, c.Width)
	}
	return widths
}

// columnGap keeps numbers on the right of one column apart from words on the left of the next.
const columnGap = 6

// columnWidths lays cells side by side, each at least as wide as its column.
type columnWidths []float32

func (w columnWidths) sum() float32 {
	var sum float32
	for _, width := range w {
		sum += width
	}
	return sum + columnGap*float32(len(w)-1)
}

func (w columnWidths) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	stretch := max(1, size.Width/w.sum())
	x := float32(0)
	for i, o := range objects {
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(w[i]*stretch, size.Height))
		x += (w[i] + columnGap) * stretch
	}
}

func (w columnWidths) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var h float32
	for _, o := range objects {
		h = max(h, o.MinSize().Height)
	}
	return fyne.NewSize(w.sum(), h)
}
