package screen

import (
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/theme"
	"callcast/ui/widgets"
)

// AccountsParams is what Accounts needs.
type AccountsParams struct {
	Model  *model.Model
	Saved  SavedAccounts
	Window fyne.Window
}

// Accounts shows the accounts that calls come in for, and keeps those of the console.
type Accounts struct {
	*sheets
	params AccountsParams
	model  *model.Model
	table  *table
	rows   []model.Account // as shown
	chosen string          // the id of the account that is selected

	add    *widget.Button
	edit   *widget.Button
	remove *widget.Button
	notice *widget.Label
}

// NewAccounts makes the screen.
func NewAccounts(p AccountsParams) *Accounts {
	a := &Accounts{params: p, model: p.Model, notice: widget.NewLabel("")}
	a.sheets = &sheets{window: p.Window, gone: a.gone, late: a.refused}
	a.notice.Truncation = fyne.TextTruncateEllipsis
	a.notice.Importance = widget.DangerImportance
	a.add = widget.NewButton(lang.L("Add account…"), a.Add)
	a.edit = widget.NewButton(lang.L("Edit…"), a.editChosen)
	a.remove = widget.NewButton(lang.L("Remove"), a.removeChosen)
	a.table = a.newTable()
	tools := container.NewBorder(nil, nil, container.NewHBox(a.add, a.edit, a.remove), nil, a.notice)
	a.table.content = container.New(layout.NewBorderLayout(tools, nil, nil, nil), tools, a.table.grid)
	a.update()
	return a
}

// Restore registers the accounts of the last run.
func (a *Accounts) Restore() { a.params.Saved.restore() }

func (a *Accounts) newTable() *table {
	columns := []widgets.Column{
		{Title: lang.L("State"), Width: 100},
		{Title: lang.L("Account"), Width: 180},
		{Title: lang.L("Registration"), Width: 164},
		{Title: lang.L("SIP"), Width: 38, Right: true},
		{Title: lang.L("The registrar says"), Width: 316},
	}
	t := &table{}
	t.grid = widgets.NewGrid(theme.Table{}, columns, func() int { return len(a.rows) }, func(row int) []widgets.Cell {
		return accountCells(a.rows[row], time.Now())
	})
	t.grid.OnSelected = func(row int) {
		a.chosen = a.rows[row].ID
		a.update()
	}
	t.title = func() string { return accountsTitle(a.model.Accounts()) }
	t.update = func(c model.Change) {
		a.follow()
		if c.Accounts || c.Clock && len(a.rows) > 0 {
			a.update()
		}
	}
	return t
}

// accountsTitle tells from any tab that an account is in trouble.
func accountsTitle(accounts []model.Account) string {
	bad := 0
	for _, a := range accounts {
		if model.AccountLamp(a).Tone == model.ToneBad {
			bad++
		}
	}
	data := map[string]any{"N": len(accounts), "Bad": bad}
	if bad > 0 {
		return lang.L("Accounts ({{.N}}, failed {{.Bad}})", data)
	}
	return lang.L("Accounts ({{.N}})", data)
}

func (a *Accounts) update() {
	a.rows = a.model.Accounts()
	a.table.grid.Refresh()
	a.table.grid.Mark(slices.IndexFunc(a.rows, func(r model.Account) bool { return r.ID == a.chosen }))
	chosen, ok := a.find(a.chosen)
	widgets.SetEnabled(a.edit, ok && chosen.Own)
	widgets.SetEnabled(a.remove, ok && chosen.Own)
}

func (a *Accounts) find(id string) (model.Account, bool) {
	all := a.model.Accounts()
	i := slices.IndexFunc(all, func(r model.Account) bool { return r.ID == id })
	if i < 0 {
		return model.Account{}, false
	}
	return all[i], true
}

func (a *Accounts) gone(id string) string {
	if _, ok := a.find(id); ok {
		return ""
	}
	return lang.L("This account is not registered any more.")
}

func (a *Accounts) refused(err *gateway.Error) {
	text := ""
	if err != nil {
		text = model.Problem(err)
	}
	setText(a.notice, text)
}

// Add asks for an account, and then keeps it registered.
func (a *Accounts) Add() { a.ask(model.Account{}) }

func (a *Accounts) editChosen() {
	if chosen, ok := a.find(a.chosen); ok && chosen.Own {
		a.ask(chosen)
	}
}

func (a *Accounts) removeChosen() {
	chosen, ok := a.find(a.chosen)
	if !ok || !chosen.Own {
		return
	}
	name := accountName(chosen.Account)
	sh := a.newSheet(chosen.ID, lang.L("Remove {{.Account}}", map[string]any{"Account": name}), lang.L("Remove"),
		wrapped(lang.L("Calls for this account do not come in here any more.")))
	sh.confirm.Importance = widget.DangerImportance
	sh.changed = func() { sh.ready(true) }
	sh.confirm.OnTapped = func() {
		sh.close()
		a.model.DropAccount(chosen.ID, a.refused)
		a.params.Saved.forget()
	}
	sh.show(nil)
}

func accountName(a gateway.Account) string { return a.Login + "@" + a.Domain }

func accountCells(a model.Account, now time.Time) []widgets.Cell {
	cells := []widgets.Cell{lampCell(model.AccountLamp(a)), cell(accountName(a.Account)), cell(none), cell(none), cell(none)}
	if r := a.Registration; r != nil {
		cells[2] = cell(renewal(*r, now))
		cells[3] = cell(sipStatus(r.SIPStatus))
		cells[4] = cell(orNone(model.Standing(*r)))
		if r.Status == gateway.RegistrationFailed {
			cells[4].Tone = widget.DangerImportance
		}
	}
	if a.Problem != nil {
		cells[4] = widgets.Cell{Text: model.Problem(a.Problem), Tone: widget.DangerImportance}
	}
	return cells
}

// renewal is how long a registration holds, in words.
func renewal(r gateway.Registration, now time.Time) string {
	left := r.Expires.Sub(now)
	switch {
	case r.Status != gateway.RegistrationUp:
		return lang.L("not registered")
	case r.Expires.IsZero():
		return none
	case left >= time.Minute:
		return lang.L("renews in {{.N}} min", map[string]any{"N": strconv.Itoa(int(left.Minutes()))})
	default:
		return lang.L("renews in {{.N}} s", map[string]any{"N": strconv.Itoa(int(max(0, left).Seconds()))})
	}
}
