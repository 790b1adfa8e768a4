package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	consoletheme "callcast/ui/theme"
	"callcast/ui/widgets"
)

const (
	ringWidth = 560
	ringSpare = sideWidth + 30 // what is beside the picture stays within reach
	ringGap   = 8
	ringTop   = 48 // below the lamp of the selected call
	ringsSeen = 3  // at once; more are only counted
)

// RingingParams is what Ringing needs.
type RingingParams struct {
	Model  *model.Model
	Window fyne.Window
	Notify func(title, text string)
	Target func() (rawURL, key string) // where the call form would push a call
}

// Ringing lies over the window while calls come in, one plate above the other, and blocks nothing else.
type Ringing struct {
	*sheets
	params  RingingParams
	model   *model.Model
	content *fyne.Container
	box     *fyne.Container
	more    *widget.Label
	plates  map[string]*ringPlate
	order   []string
}

// ringPlate is one call that rings.
type ringPlate struct {
	call    gateway.Call
	answer  *widgets.KeyButton
	problem *widget.Label
	content fyne.CanvasObject
}

// NewRinging makes the panel. It is empty and cannot be seen.
func NewRinging(p RingingParams) *Ringing {
	r := &Ringing{params: p, model: p.Model, plates: map[string]*ringPlate{}}
	r.sheets = &sheets{window: p.Window, gone: r.gone, late: func(*gateway.Error) {}}
	r.more = widget.NewLabel("")
	r.more.Alignment = fyne.TextAlignCenter
	r.more.TextStyle.Bold = true
	r.box = container.NewVBox()
	r.content = container.New(widgets.Aloft{Width: ringWidth, Spare: ringSpare, Gap: ringGap, Top: ringTop}, r.box)
	r.content.Hide()
	return r
}

// Content is what lies over the window.
func (r *Ringing) Content() fyne.CanvasObject { return r.content }

// Update shows who rings.
func (r *Ringing) Update(c model.Change) {
	r.follow()
	for _, call := range c.Rings {
		r.params.Notify(lang.L("{{.Who}} calls", map[string]any{"Who": caller(call)}), r.model.CalledAccount(call))
	}
	ringing := r.model.Ringing()
	if !r.differs(ringing) {
		return
	}
	r.arrange(ringing)
	if len(c.Rings) > 0 {
		r.offerFocus()
	}
}

func (r *Ringing) differs(ringing []gateway.Call) bool {
	if len(ringing) != len(r.order) {
		return true
	}
	for i, c := range ringing {
		if r.order[i] != c.ID {
			return true
		}
	}
	return false
}

// arrange keeps the plates of calls that go on ringing, with the focus on them.
func (r *Ringing) arrange(ringing []gateway.Call) {
	plates := map[string]*ringPlate{}
	r.order = nil
	r.box.RemoveAll()
	for i, c := range ringing {
		r.order = append(r.order, c.ID)
		plate := r.plates[c.ID]
		if plate == nil {
			plate = r.newPlate(c)
		}
		plates[c.ID] = plate
		if i < ringsSeen {
			r.box.Add(plate.content)
		}
	}
	r.plates = plates
	if hidden := len(ringing) - ringsSeen; hidden > 0 {
		r.more.SetText(lang.N("{{.N}} more ring", hidden, map[string]any{"N": hidden}))
		r.box.Add(r.more)
	}
	r.content.Hidden = len(ringing) == 0
	r.content.Refresh()
}

func (r *Ringing) newPlate(c gateway.Call) *ringPlate {
	p := &ringPlate{call: c}
	who := widget.NewLabelWithStyle(caller(c), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	who.SizeName = theme.SizeNameHeadingText
	who.Truncation = fyne.TextTruncateEllipsis
	to := widget.NewLabel(lang.L("calls {{.Account}}", map[string]any{"Account": r.model.CalledAccount(c)}))
	to.Truncation = fyne.TextTruncateEllipsis
	p.problem = widget.NewLabel("")
	p.problem.Importance = widget.DangerImportance
	p.problem.Wrapping = fyne.TextWrapWord
	p.problem.Hide()
	reject := func() { r.reject(p) }
	p.answer = widgets.NewKeyButton(lang.L("Answer"), widget.SuccessImportance, func() { r.answer(p) }, reject)
	buttons := container.NewVBox(
		container.NewGridWithColumns(2, p.answer, widgets.NewKeyButton(lang.L("Reject"), widget.DangerImportance, reject, reject)),
		widgets.NewKeyButton(lang.L("Answer to air…"), widget.HighImportance, func() { r.answerToAir(p) }, reject))
	p.content = widgets.NewPlate(consoletheme.ColorNamePanel, theme.ColorNameWarning,
		container.NewVBox(container.NewThemeOverride(container.NewVBox(who, to), consoletheme.Compact{}), buttons, p.problem))
	return p
}

// caller is who calls: the name that the caller goes by, and the number.
func caller(c gateway.Call) string {
	if c.VisibleName == "" || c.VisibleName == c.Caller {
		return model.Printable(c.Caller)
	}
	return model.Printable(c.VisibleName) + " (" + model.Printable(c.Caller) + ")"
}

// Focus gives the keyboard to the call that has rung longest.
func (r *Ringing) Focus() {
	if len(r.order) > 0 {
		r.window.Canvas().Focus(r.plates[r.order[0]].answer)
	}
}

// offerFocus takes the keyboard only if nothing has it: nobody answers a call by typing on.
func (r *Ringing) offerFocus() {
	canvas := r.window.Canvas()
	if canvas.Focused() == nil && canvas.Overlays().Top() == nil {
		r.Focus()
	}
}

func (r *Ringing) gone(callID string) string {
	if _, ok := r.plates[callID]; ok {
		return ""
	}
	return lang.L("This call does not ring any more.")
}

func (r *Ringing) answer(p *ringPlate) {
	r.model.Answer(gateway.AnswerSpec{CallID: p.call.ID}, r.told(p))
}

func (r *Ringing) reject(p *ringPlate) { r.model.HangUp(p.call.ID, r.told(p)) }

// told shows on the plate what became of a verb.
func (r *Ringing) told(p *ringPlate) model.Done {
	return func(err *gateway.Error) {
		p.problem.Hide()
		if err != nil {
			p.problem.SetText(model.Problem(err))
			p.problem.Show()
		}
		r.content.Refresh()
	}
}
