package screen

import (
	"crypto/rand"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/widgets"
)

// accountHeight is room for all of an account's inputs; more is scrolled.
const accountHeight = 330

// accountSheet asks for an account. The password of one that is edited stays unless another is typed.
type accountSheet struct {
	*sheet
	*accountInputs
	accounts *Accounts
	before   model.Account // empty: a new one
}

func (a *Accounts) ask(before model.Account) {
	s := &accountSheet{accounts: a, before: before}
	in := newInputs(a.window.Canvas().Focus, func() { s.check() })
	s.accountInputs = newAccountInputs(in)
	title, confirm := lang.L("New account"), lang.L("Register it")
	if before.ID != "" {
		title, confirm = accountName(before.Account), lang.L("Register anew")
	}
	form := container.New(layout.NewFormLayout(), s.rows(widget.NewLabel(""))...)
	scroll := container.NewVScroll(form)
	s.unfolded = scroll.Refresh
	s.sheet = a.newSheet(before.ID, title, confirm,
		container.New(widgets.Room{Least: fyne.NewSize(sheetWidth, accountHeight)}, scroll))
	in.last = s.confirm
	s.confirm.OnTapped = s.keep
	s.changed = func() { s.ready(true) }
	s.refused = s.refuseAt
	shown := before.Account
	shown.Password = ""
	s.fillAccount(shown)
	if before.Account.Password != "" {
		s.byName["sipPassword"].Entry.SetPlaceHolder(lang.L("kept"))
	}
	s.show(s.byName["sipLogin"].Entry)
}

// check shows what is wrong and returns the first field with a problem.
func (s *accountSheet) check() *field {
	problems := map[string]string{}
	for _, err := range s.wanted().Validate() {
		problems[err.Field] = model.Problem(err)
	}
	first, resized := s.inputs.show(problems)
	if resized {
		s.unfolded()
	}
	return first
}

func (s *accountSheet) wanted() gateway.Account {
	account := s.account()
	account.Register = true
	if account.Password == "" {
		account.Password = s.before.Account.Password
	}
	return account
}

func (s *accountSheet) keep() {
	s.touchAll()
	if bad := s.check(); bad != nil {
		s.unfoldFor(bad)
		s.focus(bad.Entry)
		return
	}
	id, account := s.before.ID, s.wanted()
	if id == "" {
		id = model.NewAccountID(rand.Text())
	}
	s.say(lang.L("Asking…"), widget.MediumImportance)
	s.run(func(done model.Done) { s.accounts.model.KeepAccount(id, account, done) }, func() {
		s.accounts.chosen = id
		s.accounts.params.Saved.save(account)
		s.accounts.update()
	})
}

// refuseAt shows what the gateway said at its field, if it has one.
func (s *accountSheet) refuseAt(err *gateway.Error) {
	if fd, ok := s.byName[err.Field]; ok {
		s.unfoldFor(fd)
	}
	if !s.blame(err) {
		s.refuse(err)
		return
	}
	s.say("", widget.MediumImportance)
	s.unfolded()
}
