package screen

import (
	"unicode"

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
	if mo.details.Visible() {
		mo.details.Hide()
		mo.tones.content.Show()
		mo.unfocus()
		return
	}
	mo.tones.content.Hide()
	mo.details.Show()
}

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
