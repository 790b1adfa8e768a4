package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Keypad is the sixteen keys of DTMF.
type Keypad struct {
	widget.BaseWidget
	OnKey func(key string)
	keys  []*widget.Button
}

// NewKeypad makes a keypad.
func NewKeypad(onKey func(key string)) *Keypad {
	k := &Keypad{OnKey: onKey}
	for _, r := range "123A456B789C*0#D" {
		key := string(r)
		k.keys = append(k.keys, widget.NewButton(key, func() { k.OnKey(key) }))
	}
	k.ExtendBaseWidget(k)
	return k
}

// Press presses a key, if there is such a one and it can be pressed.
func (k *Keypad) Press(key string) {
	for _, button := range k.keys {
		if button.Text == key && !button.Disabled() {
			k.OnKey(key)
		}
	}
}

// SetEnabled lets the keys be pressed, or not.
func (k *Keypad) SetEnabled(on bool) {
	for _, key := range k.keys {
		SetEnabled(key, on)
	}
}

// SetEnabled enables or disables a control, and redraws it only if that changes it.
func SetEnabled(control fyne.Disableable, on bool) {
	switch {
	case on && control.Disabled():
		control.Enable()
	case !on && !control.Disabled():
		control.Disable()
	}
}

// CreateRenderer implements fyne.Widget.
func (k *Keypad) CreateRenderer() fyne.WidgetRenderer {
	grid := container.NewGridWithColumns(4)
	for _, key := range k.keys {
		grid.Add(key)
	}
	return widget.NewSimpleRenderer(grid)
}
