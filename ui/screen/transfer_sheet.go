package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/widgets"
)

// transferHeight is room for both inputs with a problem.
const transferHeight = 100

// transferSheet asks with whom the other side of a call is to be connected: with a number, or with the other side of
// another call.
type transferSheet struct {
	*sheet
	model  *model.Model
	call   string
	number *field
	other  *widget.Select
	others []gateway.Call
}

// Transfer asks with whom the other side of the selected call is to be connected, and then asks it to call there.
func (mo *Monitor) Transfer() {
	c := mo.model.Selected().Call
	if c == nil || !model.IsUp(*c) {
		return
	}
	t := &transferSheet{model: mo.model, call: c.ID, other: widget.NewSelect(nil, nil)}
	in := newInputs(mo.sheets.window.Canvas().Focus, func() { t.typed() })
	form := container.New(layout.NewFormLayout(),
		caption(lang.L("Number or address")), in.add("callee", widgets.NewEntry("1003")),
		caption(lang.L("or another call")), t.other)
	t.number = in.byName["callee"]
	t.other.PlaceHolder = lang.L("Choose a call")
	t.other.OnChanged = func(string) { t.chosen() }
	t.sheet = mo.sheets.newSheet(c.ID, lang.L("Transfer {{.Who}}", map[string]any{"Who": short(party(*c))}), lang.L("Transfer"),
		wrapped(lang.L("The other side is asked to call there. When it succeeds, this call ends here.")),
		container.New(widgets.Room{Least: fyne.NewSize(sheetWidth, transferHeight)}, form))
	in.last = t.confirm
	t.confirm.OnTapped = t.transfer
	t.changed = t.list
	t.show(t.number.Entry)
}

func (mo *Monitor) gone(callID string) string {
	if mo.model.CallRow(callID) >= 0 {
		return ""
	}
	return lang.L("This call is over.")
}

// list offers the calls that there are now.
func (t *transferSheet) list() {
	t.others = t.model.TransferTargets(t.call)
	chosen := t.other.Selected
	t.other.Options = callChoices(t.others)
	if chosen != "" && t.other.SelectedIndex() < 0 {
		t.other.ClearSelected() // the call is over
	}
	widgets.SetEnabled(t.other, len(t.others) > 0)
	t.check()
}

// typed and chosen: one of the two is asked for, the other is none.
func (t *transferSheet) typed() {
	if t.number.Entry.Text != "" {
		t.other.ClearSelected()
	}
	t.check()
}

func (t *transferSheet) chosen() {
	if t.other.SelectedIndex() >= 0 {
		t.number.Entry.SetText("")
	}
	t.check()
}

func (t *transferSheet) check() {
	problem := ""
	target := t.number.Entry.Text
	if target != "" {
		problem = targetProblemOf(target)
	}
	t.number.SetProblem(problem)
	t.ready(problem == "" && (target != "" || t.other.SelectedIndex() >= 0))
}

// targetProblemOf is what is wrong with whom to call, empty if nothing is.
func targetProblemOf(target string) string {
	for _, err := range (gateway.CallSpec{Callee: target}).Validate() {
		if err.Field == "callee" {
			return model.Problem(err)
		}
	}
	return ""
}

func (t *transferSheet) transfer() {
	spec := gateway.TransferSpec{CallID: t.call, Target: t.number.Entry.Text}
	if i := t.other.SelectedIndex(); i >= 0 {
		spec = gateway.TransferSpec{CallID: t.call, Replaces: t.others[i].ID}
	}
	t.run(func(done model.Done) { t.model.Transfer(spec, done) }, func() {})
}
