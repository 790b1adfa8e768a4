package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// KeyButton is a button that Enter presses too while it has the focus, and that tells of Escape.
type KeyButton struct {
	widget.Button
	OnEscape func()
}

// NewKeyButton makes a button.
func NewKeyButton(text string, importance widget.Importance, tapped, escape func()) *KeyButton {
	b := &KeyButton{OnEscape: escape}
	b.Text, b.Importance, b.OnTapped = text, importance, tapped
	b.ExtendBaseWidget(b)
	return b
}

// TypedKey implements fyne.Focusable.
func (b *KeyButton) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		b.Button.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	case fyne.KeyEscape:
		b.OnEscape()
	default:
		b.Button.TypedKey(key)
	}
}
