package model

import (
	"context"
	"slices"
	"time"

	"callcast/gateway"
)

const (
	// ownPrefix begins the ids of the registrations that the console asks for.
	ownPrefix = "console-"

	// accountPause is how long an account waits that the gateway did not take, before it is tried again.
	accountPause = time.Minute
)

// Account is a SIP account that calls may come in for.
type Account struct {
	ID           string // of its registration
	Account      gateway.Account
	Own          bool                  // the console's; else of the configuration, a browser or a REST client
	Registration *gateway.Registration // nil while the gateway has none
	Problem      *gateway.Error        // why it has none
}

// ownAccount is an account that the console keeps registered.
type ownAccount struct {
	id      string
	account gateway.Account
	problem *gateway.Error
	again   time.Time // when it is tried again; zero while it is on its way or there
}

// NewAccountID makes an id of an account of the console out of any text that no other has.
func NewAccountID(text string) string { return ownPrefix + text }

// Accounts are those of the console, and after them the others that are registered.
func (m *Model) Accounts() []Account {
	var all []Account
	for _, own := range m.accounts {
		a := Account{ID: own.id, Account: own.account, Own: true, Problem: own.problem}
		if r, ok := m.registrations.get(own.id); ok {
			a.Registration, a.Problem = &r, nil
		}
		all = append(all, a)
	}
	for _, r := range m.registrations.rows {
		if m.ownRow(r.ID) < 0 {
			all = append(all, Account{ID: r.ID, Account: r.Account, Registration: &r})
		}
	}
	return all
}

// KeepAccount registers an account of the console in place of what stood under its id, which stays if it is refused.
func (m *Model) KeepAccount(id string, account gateway.Account, done Done) {
	stood := m.ownRow(id) >= 0
	m.run(func(ctx context.Context) error {
		if stood {
			if err := m.unregister(ctx, id); err != nil {
				return err
			}
		}
		return m.api.Register(ctx, gateway.RegisterSpec{ID: id, Account: account})
	}, func(err *gateway.Error) {
		switch {
		case err == nil:
			m.noteAccount(ownAccount{id: id, account: account})
		case stood && m.ownRow(id) >= 0:
			m.RestoreAccount(id, m.accounts[m.ownRow(id)].account)
		}
		done(err)
	})
}

// RestoreAccount registers an account that was kept before, and goes on trying until the gateway takes it.
func (m *Model) RestoreAccount(id string, account gateway.Account) {
	m.noteAccount(ownAccount{id: id, account: account})
	m.run(func(ctx context.Context) error {
		return m.api.Register(ctx, gateway.RegisterSpec{ID: id, Account: account})
	}, func(err *gateway.Error) { m.accountTold(id, err) })
}

// DropAccount takes an account of the console back.
func (m *Model) DropAccount(id string, done Done) {
	m.accounts = slices.DeleteFunc(m.accounts, func(a ownAccount) bool { return a.id == id })
	m.OnChange(Change{Accounts: true})
	m.run(func(ctx context.Context) error { return m.unregister(ctx, id) }, done)
}

// unregister ends a registration, if there is one.
func (m *Model) unregister(ctx context.Context, id string) error {
	err := m.api.Unregister(ctx, id)
	if err != nil && asError(err).Reason == gateway.ReasonRegistrationMissing {
		return nil
	}
	return err
}

func (m *Model) noteAccount(a ownAccount) {
	if i := m.ownRow(a.id); i >= 0 {
		m.accounts[i] = a
	} else {
		m.accounts = append(m.accounts, a)
	}
	m.OnChange(Change{Accounts: true})
}

// accountTold takes in how the gateway took an account.
func (m *Model) accountTold(id string, err *gateway.Error) {
	i := m.ownRow(id)
	if i < 0 {
		return
	}
	m.accounts[i].problem = err
	if err != nil {
		m.accounts[i].again = time.Now().Add(accountPause)
	}
	m.OnChange(Change{Accounts: true})
}

// retryAccounts tries those again that the gateway did not take, say because their host could not be found.
func (m *Model) retryAccounts(now time.Time) {
	for _, a := range slices.Clone(m.accounts) {
		if !a.again.IsZero() && now.After(a.again) {
			m.RestoreAccount(a.id, a.account)
		}
	}
}

func (m *Model) ownRow(id string) int {
	return slices.IndexFunc(m.accounts, func(a ownAccount) bool { return a.id == id })
}
