package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Rung is one arrow of a Ladder.
type Rung struct {
	Time  string
	Words string
	Right bool // from the left life line to the right one
	Color fyne.ThemeColorName
}

// Ladder shows who told whom what, one arrow below the other, between two life lines.
type Ladder struct {
	widget.BaseWidget
	OnSelected func(rung int)

	left, right *widget.Label
	rungs       []Rung
	list        *widget.List
	chosen      int
}

// NewLadder makes a ladder without rungs.
func NewLadder() *Ladder {
	l := &Ladder{OnSelected: func(int) {}, left: widget.NewLabel(""), right: widget.NewLabel(""), chosen: -1}
	l.left.TextStyle.Bold, l.right.TextStyle.Bold = true, true
	l.left.Alignment, l.right.Alignment = fyne.TextAlignCenter, fyne.TextAlignTrailing
	l.left.Truncation, l.right.Truncation = fyne.TextTruncateEllipsis, fyne.TextTruncateEllipsis
	l.list = widget.NewList(func() int { return len(l.rungs) }, func() fyne.CanvasObject { return newArrow() },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			if i < len(l.rungs) {
				o.(*arrow).set(l.rungs[i])
			}
		})
	l.list.OnSelected = func(i widget.ListItemID) {
		l.chosen = i
		l.OnSelected(i)
	}
	l.ExtendBaseWidget(l)
	return l
}

// Set shows these rungs between life lines of these names.
func (l *Ladder) Set(left, right string, rungs []Rung) {
	setLabel(l.left, left)
	setLabel(l.right, right)
	l.rungs = rungs
	l.list.Refresh()
}

// Rungs are what Set said.
func (l *Ladder) Rungs() []Rung { return l.rungs }

// Choose selects a rung as the operator would; -1 is none.
func (l *Ladder) Choose(rung int) {
	if rung < 0 {
		l.list.UnselectAll()
		l.chosen = -1
		return
	}
	l.list.Select(rung)
}

// Chosen is the selected rung, -1 if none.
func (l *Ladder) Chosen() int { return l.chosen }

// CreateRenderer implements fyne.Widget.
func (l *Ladder) CreateRenderer() fyne.WidgetRenderer {
	head := container.New(lifeLines{}, l.left, l.right)
	return widget.NewSimpleRenderer(container.NewBorder(head, nil, nil, nil, l.list))
}

// Measures of a rung.
const (
	rungTime   = 66 // room for the time
	rungMargin = 44 // from the life lines to the edges
	rungHead   = 5  // half of an arrow's head
	rungLeast  = 220
)

// lifeLineAt are the places of both life lines in a width.
func lifeLineAt(width float32) (left, right float32) {
	return rungTime + rungMargin, max(rungTime+2*rungMargin, width-rungMargin)
}

// lifeLines puts two names above their life lines; the right one, an address, may be long.
type lifeLines struct{}

func (lifeLines) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left, right := lifeLineAt(size.Width)
	objects[0].Move(fyne.NewPos(left-rungMargin, 0))
	objects[0].Resize(fyne.NewSize(2*rungMargin, size.Height))
	middle := max(left+rungMargin, (left+right)/2)
	objects[1].Move(fyne.NewPos(middle, 0))
	objects[1].Resize(fyne.NewSize(max(0, size.Width-middle), size.Height))
}

func (lifeLines) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(rungLeast, objects[0].MinSize().Height)
}

// arrow draws one rung.
type arrow struct {
	widget.BaseWidget
	rung Rung
}

func newArrow() *arrow {
	a := &arrow{}
	a.ExtendBaseWidget(a)
	return a
}

func (a *arrow) set(r Rung) {
	if r != a.rung {
		a.rung = r
		a.Refresh()
	}
}

// Text is what stands on the arrow.
func (a *arrow) Text() string { return a.rung.Words }

// CreateRenderer implements fyne.Widget.
func (a *arrow) CreateRenderer() fyne.WidgetRenderer {
	r := &arrowRenderer{arrow: a, time: canvas.NewText("", nil), words: canvas.NewText("", nil)}
	for _, line := range []**canvas.Line{&r.left, &r.right, &r.shaft, &r.upper, &r.lower} {
		*line = canvas.NewLine(nil)
	}
	r.words.Alignment = fyne.TextAlignCenter
	r.Refresh()
	return r
}

type arrowRenderer struct {
	arrow                            *arrow
	time, words                      *canvas.Text
	left, right, shaft, upper, lower *canvas.Line
}

func (r *arrowRenderer) Layout(size fyne.Size) {
	left, right := lifeLineAt(size.Width)
	text := r.words.MinSize().Height
	y := text + (size.Height-text)/2
	r.time.Move(fyne.NewPos(0, (size.Height-r.time.MinSize().Height)/2))
	r.time.Resize(fyne.NewSize(rungTime, r.time.MinSize().Height))
	r.words.Move(fyne.NewPos(left, 0))
	r.words.Resize(fyne.NewSize(right-left, text))
	draw := func(l *canvas.Line, x1, y1, x2, y2 float32) {
		l.Position1, l.Position2 = fyne.NewPos(x1, y1), fyne.NewPos(x2, y2)
		l.Refresh()
	}
	draw(r.left, left, 0, left, size.Height)
	draw(r.right, right, 0, right, size.Height)
	draw(r.shaft, left, y, right, y)
	tip, back := right, right-2*rungHead
	if !r.arrow.rung.Right {
		tip, back = left, left+2*rungHead
	}
	draw(r.upper, back, y-rungHead, tip, y)
	draw(r.lower, back, y+rungHead, tip, y)
}

func (r *arrowRenderer) MinSize() fyne.Size {
	return fyne.NewSize(rungLeast, r.words.MinSize().Height+2*rungHead+2)
}

func (r *arrowRenderer) Refresh() {
	rung := r.arrow.rung
	lifeLine := theme.ColorForWidget(theme.ColorNameDisabled, r.arrow)
	bright := theme.ColorForWidget(rung.Color, r.arrow)
	r.left.StrokeColor, r.right.StrokeColor = lifeLine, lifeLine
	for _, line := range []*canvas.Line{r.shaft, r.upper, r.lower} {
		line.StrokeColor, line.StrokeWidth = bright, 1.5
	}
	size := r.arrow.Theme().Size(theme.SizeNameCaptionText)
	r.time.Text, r.time.TextSize, r.time.Color = rung.Time, size, lifeLine
	r.words.Text, r.words.TextSize, r.words.Color = rung.Words, size, bright
	r.Layout(r.arrow.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *arrowRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.left, r.right, r.shaft, r.upper, r.lower, r.time, r.words}
}

func (r *arrowRenderer) Destroy() {}
