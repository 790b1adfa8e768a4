package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// reveal is the eye in a secret entry. It is no button, since the Tab key would stop at it on the way from field to
// field and swallow what is typed next.
type reveal struct {
	widget.Icon
	entry *Entry
}

func newReveal(e *Entry) *reveal {
	r := &reveal{entry: e}
	r.ExtendBaseWidget(r)
	r.SetResource(theme.VisibilityOffIcon())
	return r
}

// Tapped implements fyne.Tappable.
func (r *reveal) Tapped(*fyne.PointEvent) {
	r.entry.Password = !r.entry.Password
	if r.entry.Password {
		r.SetResource(theme.VisibilityOffIcon())
	} else {
		r.SetResource(theme.VisibilityIcon())
	}
	r.entry.Refresh()
}

// Cursor implements desktop.Cursorable; over an entry's text it would be a caret.
func (r *reveal) Cursor() desktop.Cursor { return desktop.DefaultCursor }
