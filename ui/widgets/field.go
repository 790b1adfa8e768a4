package widgets

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Field is an entry with the words for what is wrong with it underneath.
type Field struct {
	widget.BaseWidget
	Entry   *Entry
	problem *widget.Label
}

// NewField wraps an entry.
func NewField(e *Entry) *Field {
	f := &Field{Entry: e, problem: widget.NewLabel("")}
	f.problem.Wrapping = fyne.TextWrapWord
	f.problem.Importance = widget.DangerImportance
	f.problem.SizeName = theme.SizeNameCaptionText
	f.problem.Hide()
	f.ExtendBaseWidget(f)
	return f
}

// SetProblem shows what is wrong, or with an empty text that nothing is. It reports whether the field's height
// differs now.
func (f *Field) SetProblem(text string) bool {
	if text == f.problem.Text {
		return false
	}
	resized := (text == "") != (f.problem.Text == "")
	f.problem.SetText(text)
	if text == "" {
		f.problem.Hide()
		f.Entry.SetValidationError(nil)
	} else {
		f.problem.Show()
		f.Entry.SetValidationError(errors.New(text))
	}
	f.Refresh()
	return resized
}

// Problem is what SetProblem set.
func (f *Field) Problem() string { return f.problem.Text }

// CreateRenderer implements fyne.Widget.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(tight{}, f.Entry, f.problem))
}

// tight stacks visible objects without gaps.
type tight struct{}

func (tight) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, h))
		o.Move(fyne.NewPos(0, y))
		y += h
	}
}

func (tight) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var least fyne.Size
	for _, o := range objects {
		if o.Visible() {
			m := o.MinSize()
			least = fyne.NewSize(max(least.Width, m.Width), least.Height+m.Height)
		}
	}
	return least
}
