package screen

import (
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
)

// HangUp ends the selected call.
func (mo *Monitor) HangUp() {
	if c := mo.model.Selected().Call; c != nil && !c.Status.Ended() {
		mo.model.HangUp(c.ID, mo.told)
	}
}

func (mo *Monitor) requestKeyframe() {
	if s := mo.model.Selected().Stream; s != nil {
		mo.model.RequestKeyframe(s.Name, mo.told)
	}
}

func (mo *Monitor) sendDTMF(dtmf gateway.DTMF, done model.Done) {
	c := mo.model.Selected().Call
	if c == nil {
		return
	}
	mo.model.SendDTMF(c.ID, dtmf, func(err *gateway.Error) {
		mo.told(err)
		done(err)
	})
}

// ToggleKeypad swaps the facts for the keypad, and back. While it shows, the keyboard is the keypad too, unless it is
// some field's.
func (mo *Monitor) ToggleKeypad() {
	mo.toggle(mo.tones.content)
	if mo.tones.content.Visible() {
		mo.unfocus()
	}
}

// ToggleDevices swaps the facts for the microphones and cameras, and back.
func (mo *Monitor) ToggleDevices() {
	mo.toggle(mo.devices.content)
	if mo.devices.content.Visible() {
		mo.devices.load(func() {})
	}
}

// toggle shows a part in place of the facts, or the facts again.
func (mo *Monitor) toggle(part fyne.CanvasObject) {
	if part.Visible() {
		part = mo.details
	}
	for _, o := range []fyne.CanvasObject{mo.details, mo.tones.content, mo.devices.content} {
		if o == part {
			o.Show()
		} else {
			o.Hide()
		}
	}
}

// ToggleHold holds the selected call, or takes it back.
func (mo *Monitor) ToggleHold() {
	if c := mo.model.Selected().Call; c != nil && model.IsUp(*c) {
		mo.model.Hold(c.ID, !c.Held.Local, mo.told)
	}
}

// ToggleMute puts silence in place of what the other side of the selected call hears, or takes it away.
func (mo *Monitor) ToggleMute() {
	if c := mo.model.Selected().Call; c != nil && model.IsUp(*c) {
		mo.model.Mute(c.ID, !c.Muted, mo.told)
	}
}

// ShowSelfView shows the operator's own picture.
func (mo *Monitor) ShowSelfView(p model.Picture) { mo.devices.picture(p) }

// TypedRune takes what is typed while no field has the focus.
func (mo *Monitor) TypedRune(r rune) {
	if mo.tones.content.Visible() {
		mo.tones.keypad.Press(string(unicode.ToUpper(r)))
	}
}

// told keeps a refusal on show until the next verb or selection.
func (mo *Monitor) told(err *gateway.Error) {
	mo.refusal = ""
	if err != nil {
		mo.refusal = model.Problem(err)
	}
	mo.show(mo.model.Selected())
}

func (mo *Monitor) say(problem string, calm bool) {
	tone := widget.DangerImportance
	if calm {
		tone = widget.MediumImportance
	}
	if problem == mo.problem.Text && tone == mo.problem.Importance {
		return
	}
	mo.problem.Importance = tone
	mo.problem.SetText(problem)
	if problem == "" {
		mo.problem.Hide()
	} else {
		mo.problem.Show()
	}
}

// Locked tells whether the padlock is shown.
func (mo *Monitor) Locked() bool { return mo.lock.Visible() }

// SeesItself tells whether the operator's own picture is shown.
func (mo *Monitor) SeesItself() bool { return mo.devices.mirror.Frame() != nil }
