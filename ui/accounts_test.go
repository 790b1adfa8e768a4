package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	fynetest "fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/ui/widgets"
)

func onAccounts(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, FormDefaults{})
	b.tap("Accounts (0)")
	return b
}

// addAccount fills the dialog of a new account and confirms it.
func (b *bench) addAccount(login, password, domain string) {
	b.t.Helper()
	b.tap("Add account…")
	ask := b.ask()
	fynetest.Type(ask[0], login)
	fynetest.Type(ask[2], password)
	fynetest.Type(ask[3], domain)
	b.tap("Register it")
	b.until("dialog closed", func() bool { return !b.asking() })
}

func TestAccountIsRegisteredAndRemembered(t *testing.T) {
	b := onAccounts(t)
	b.addAccount("studio", "pa55", "pbx.example.com")
	b.sees("trying")
	r := b.fake.Snapshot().Registrations[0]
	require.True(t, strings.HasPrefix(r.ID, "console-"), r.ID)
	require.Equal(t, gateway.Account{
		Login: "studio", Password: "pa55", Domain: "pbx.example.com", Transport: gateway.TransportUDP, Register: true,
	}, r.Account)

	r.Status, r.SIPStatus, r.Text, r.Expires = gateway.RegistrationUp, 200, "200 OK", time.Now().Add(5*time.Minute+time.Second)
	b.fake.SetRegistration(r)
	b.sees("registered")
	require.True(t, b.shows("renews in 5 min") || b.shows("renews in 4 min"), "%q", b.texts())
	r.Status, r.SIPStatus, r.Text = gateway.RegistrationFailed, 403, "403 Wrong password"
	b.fake.SetRegistration(r)
	b.sees("Accounts (1, failed 1)")
	require.True(t, b.shows("403 Wrong password"))
	require.True(t, b.shows("failed"))

	b.until("password kept", func() bool { return b.secrets.has("sip:studio@pbx.example.com", "pa55") })
	require.Contains(t, b.app.Preferences().String("accounts"), "studio")
	require.NotContains(t, b.app.Preferences().String("accounts"), "pa55")
	b.stop()
	require.NoError(t, b.fake.Unregister(t.Context(), r.ID))
	b.start(FormDefaults{})
	b.until("registered again", func() bool { return len(b.fake.Snapshot().Registrations) == 1 })
	require.Equal(t, r.ID, b.fake.Snapshot().Registrations[0].ID)
	require.Equal(t, r.Account, b.fake.Snapshot().Registrations[0].Account)
}

func TestAccountIsEditedAndItsPasswordStays(t *testing.T) {
	b := onAccounts(t)
	b.addAccount("studio", "pa55", "pbx.example.com")
	b.grid().OnSelected(0)
	b.tap("Edit…")
	ask := b.ask()
	require.Empty(t, ask[2].Text, "the password is shown")
	b.tap("More…")
	ask = b.ask()
	require.Len(t, ask, 9)
	fynetest.Type(ask[8], "abc")
	require.True(t, b.shows("Give the SHA-256 of the server's certificate: 64 hexadecimal digits without colons."))
	ask[8].SetText(strings.Repeat("AB:", 31) + "AB")
	require.False(t, b.shows("Give the SHA-256 of the server's certificate: 64 hexadecimal digits without colons."))
	fynetest.Type(ask[6], "PCMA")
	fynetest.Type(ask[7], "sip.example.com")
	b.tap("Register anew")
	b.until("dialog closed", func() bool { return !b.asking() })
	got := b.fake.Snapshot().Registrations
	require.Len(t, got, 1)
	require.Equal(t, gateway.Account{
		Login: "studio", Password: "pa55", Domain: "pbx.example.com", Transport: gateway.TransportUDP, Register: true, Codecs: "PCMA",
		TLS: gateway.AccountTLS{ServerName: "sip.example.com", Pin: strings.Repeat("ab", 32)},
	}, got[0].Account)
}

func TestIncompleteAccountPointsAtTheGap(t *testing.T) {
	b := onAccounts(t)
	b.tap("Add account…")
	b.tap("Register it")
	require.True(t, b.shows("Give the user name of the SIP account."))
	require.Same(t, b.ask()[0], b.console.Window().Canvas().Focused())
	require.Empty(t, b.fake.Snapshot().Registrations)
}

func TestRefusedAccountIsToldAtItsField(t *testing.T) {
	b := onAccounts(t)
	b.fake.RefuseFunc = func(string) error {
		return &gateway.Error{Code: gateway.CodeInvalid, Reason: gateway.ReasonHost, Field: "sipDomain", Message: "no such host"}
	}
	b.tap("Add account…")
	ask := b.ask()
	fynetest.Type(ask[0], "studio")
	fynetest.Type(ask[3], "nowhere.example.com")
	b.tap("Register it")
	b.sees("This host cannot be found. Check the name, or give an IP address, with :port if needed.")
	require.True(t, b.asking())
	require.Empty(t, b.console.model.Accounts())
}

// TestAccountThatCannotBeRestoredStays: the network may be down when the program starts.
func TestAccountThatCannotBeRestoredStays(t *testing.T) {
	b := onAccounts(t)
	b.addAccount("studio", "pa55", "pbx.example.com")
	b.stop()
	id := b.fake.Snapshot().Registrations[0].ID
	require.NoError(t, b.fake.Unregister(t.Context(), id))
	b.fake.RefuseFunc = func(string) error {
		return &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonHost, Field: "sipDomain", Message: "no such host"}
	}
	b.start(FormDefaults{})
	b.sees("Accounts (1, failed 1)")
	require.Equal(t, id, b.console.model.Accounts()[0].ID)
}

func TestAccountIsRemoved(t *testing.T) {
	b := onAccounts(t)
	require.True(t, b.button("Remove").Disabled())
	b.addAccount("studio", "pa55", "pbx.example.com")
	b.grid().OnSelected(0)
	b.tap("Remove")
	b.sees("Calls for this account do not come in here any more.")
	fynetest.Tap(b.button("Remove"))
	b.until("unregistered", func() bool { return len(b.fake.Snapshot().Registrations) == 0 })
	b.sees("Accounts (0)")
	require.Equal(t, "[]", b.app.Preferences().String("accounts"))
}

func TestAccountsOfOthersAreOnlyShown(t *testing.T) {
	b := onAccounts(t)
	b.fake.SetRegistration(registered("ABCDEF", "browser"))
	b.sees("browser@pbx")
	b.grid().OnSelected(0)
	require.True(t, b.button("Edit…").Disabled())
	require.True(t, b.button("Remove").Disabled())
}

func TestRareFieldsOfTheForm(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.typeIn(minimal())
	b.tap("More…")
	var entries []*widgets.Entry
	var srtp *widget.Select
	b.walk(func(o fyne.CanvasObject) {
		switch w := o.(type) {
		case *widgets.Entry:
			entries = append(entries, w)
		case *widget.Select:
			srtp = w // the lower one
		}
	})
	fynetest.Type(entries[6], "PCMU,H264")
	fynetest.Type(entries[7], "sip.example.com")
	srtp.SetSelected("optional")
	b.tap("Call")
	b.sees("CALLING")
	account := b.fake.Started()[0].Account
	require.Equal(t, "PCMU,H264", account.Codecs)
	require.Equal(t, "sip.example.com", account.TLS.ServerName)
	require.Equal(t, gateway.SRTPOptional, account.SRTP)
	b.tap("Less")
	b.stop()
	b.start(FormDefaults{})
	require.True(t, b.shows("Less"), "what is set is folded away")
}
