package screen

import (
	"fyne.io/fyne/v2"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/widgets"
)

// inputs are fields that are checked together, in the order of their focus.
type inputs struct {
	fields     []*field
	byName     map[string]*field
	focus      func(fyne.Focusable)
	edited     func()       // something was typed
	left       func(*field) // the keyboard went elsewhere
	onShortcut func(fyne.Shortcut)
	last       fyne.Focusable // follows the last field: Enter walks through them
}

// field is one input, known by its WCS name as errors are.
type field struct {
	*widgets.Field
	name    string
	touched bool // typed in or asked for: from then on its problem is shown
}

func newInputs(focus func(fyne.Focusable), edited func()) *inputs {
	return &inputs{byName: map[string]*field{}, focus: focus, edited: edited, left: func(*field) {}, onShortcut: func(fyne.Shortcut) {}}
}

func (in *inputs) add(name string, e *widgets.Entry) fyne.CanvasObject {
	fd := &field{Field: widgets.NewField(e), name: name}
	e.OnChanged = func(string) {
		fd.touched = true
		in.edited()
	}
	e.OnSubmitted = func(string) { in.focus(in.next(fd)) }
	e.OnLeft = func() { in.left(fd) }
	e.OnShortcut = func(s fyne.Shortcut) { in.onShortcut(s) }
	in.fields = append(in.fields, fd)
	in.byName[name] = fd
	return fd.Field
}

// next is the visible field below, or what follows the last.
func (in *inputs) next(fd *field) fyne.Focusable {
	passed := false
	for _, other := range in.fields {
		if passed && other.Visible() {
			return other.Entry
		}
		passed = passed || other == fd
	}
	return in.last
}

func (in *inputs) text(name string) string { return in.byName[name].Entry.Text }

// set fills a field without taking it for typed in.
func (in *inputs) set(fd *field, text string) {
	touched := fd.touched
	fd.Entry.SetText(text)
	fd.touched = touched
	in.edited()
}

func (in *inputs) touchAll() {
	for _, fd := range in.fields {
		fd.touched = true
	}
}

// blame puts what the gateway said under the field it speaks of, and reports whether there is one.
func (in *inputs) blame(err *gateway.Error) bool {
	fd, ok := in.byName[err.Field]
	if ok {
		fd.SetProblem(model.Problem(err))
		in.focus(fd.Entry)
	}
	return ok
}

// show puts problems, by field name, under the fields that were touched. It returns the first field with one, touched
// or not, and whether the height of a field differs now.
func (in *inputs) show(problems map[string]string) (first *field, resized bool) {
	for _, fd := range in.fields {
		problem := problems[fd.name]
		if problem != "" && first == nil {
			first = fd
		}
		if !fd.touched {
			problem = ""
		}
		resized = fd.SetProblem(problem) || resized
	}
	return first, resized
}
