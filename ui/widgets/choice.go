package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Choice is a select whose options are looked up each time it is opened.
type Choice struct {
	widget.Select
	// OnOpen looks them up, and calls open when they are there.
	OnOpen func(open func())
}

// NewChoice makes a choice without options.
func NewChoice(onOpen func(open func()), onChanged func(string)) *Choice {
	c := &Choice{OnOpen: onOpen}
	c.OnChanged = onChanged
	c.ExtendBaseWidget(c)
	return c
}

// Tapped implements fyne.Tappable.
func (c *Choice) Tapped(at *fyne.PointEvent) {
	if c.Disabled() {
		return
	}
	c.OnOpen(func() { c.Select.Tapped(at) })
}

// TypedKey implements fyne.Focusable.
func (c *Choice) TypedKey(key *fyne.KeyEvent) {
	c.OnOpen(func() { c.Select.TypedKey(key) })
}
