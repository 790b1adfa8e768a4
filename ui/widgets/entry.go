package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Entry is a one-line input that tells when it is left, and passes on the window's shortcuts, which a plain entry
// swallows while it has the focus.
type Entry struct {
	widget.Entry
	OnLeft     func()
	OnShortcut func(fyne.Shortcut)
}

// NewEntry makes an entry with an example shown while it is empty.
func NewEntry(example string) *Entry {
	e := newEntry()
	e.PlaceHolder = example
	return e
}

// NewSecretEntry makes an entry that hides its text, with an eye that reveals it.
func NewSecretEntry() *Entry {
	e := newEntry()
	e.Password = true
	e.ActionItem = newReveal(e)
	return e
}

func newEntry() *Entry {
	e := &Entry{OnLeft: func() {}, OnShortcut: func(fyne.Shortcut) {}}
	e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	e.ExtendBaseWidget(e)
	return e
}

// FocusLost implements fyne.Focusable.
func (e *Entry) FocusLost() {
	e.Entry.FocusLost()
	e.OnLeft()
}

// TypedShortcut implements fyne.Shortcutable.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*desktop.CustomShortcut); ok {
		e.OnShortcut(s)
	}
	e.Entry.TypedShortcut(s)
}
