package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"callcast/ui/model"
	"callcast/ui/theme"
)

// silentKey is whether the operator has silenced the bell.
const silentKey = "ring.silent"

// Bell rings aloud while calls wait for the operator, unless he has silenced it, which is remembered, or a call would
// hear it.
type Bell struct {
	model       *model.Model
	preferences fyne.Preferences
	ring        func(on bool)
	ringing     bool
	button      *widget.Button
}

// NewBell makes the bell, and the button that silences it. ring is nil where nothing can be heard.
func NewBell(m *model.Model, p fyne.Preferences, ring func(on bool)) *Bell {
	if ring == nil {
		ring = func(bool) {}
	}
	b := &Bell{model: m, preferences: p, ring: ring}
	b.button = widget.NewButton("", b.toggle)
	b.button.Importance = widget.LowImportance
	b.show()
	return b
}

// Content is the button.
func (b *Bell) Content() fyne.CanvasObject { return b.button }

// Update rings as long as calls wait.
func (b *Bell) Update() {
	on := len(b.model.Ringing()) > 0 && !b.silent() && !b.model.OnMicrophone()
	if on != b.ringing {
		b.ringing = on
		b.ring(on)
	}
}

func (b *Bell) silent() bool { return b.preferences.Bool(silentKey) }

func (b *Bell) toggle() {
	b.preferences.SetBool(silentKey, !b.silent())
	b.show()
	b.Update()
}

func (b *Bell) show() {
	if b.silent() {
		b.button.Icon = theme.SilentBell()
		b.button.SetText(lang.L("Rings silently"))
		return
	}
	b.button.Icon = theme.Bell()
	b.button.SetText(lang.L("Rings aloud"))
}
