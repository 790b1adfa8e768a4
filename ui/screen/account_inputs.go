package screen

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/widgets"
)

// accountInputs ask for a SIP account. What few accounts need is folded away.
type accountInputs struct {
	*inputs
	transport *widget.Select
	srtp      *widget.Select
	more      *widget.Button
	folded    []fyne.CanvasObject
	unfolded  func() // the height differs
}

func newAccountInputs(in *inputs) *accountInputs {
	a := &accountInputs{inputs: in, unfolded: func() {}}
	a.transport = widget.NewSelect([]string{"UDP", "TCP", "TLS"}, func(string) { in.edited() })
	a.srtp = widget.NewSelect([]string{lang.L("never"), lang.L("optional"), lang.L("required")}, func(string) { in.edited() })
	a.more = widget.NewButton("", a.toggle)
	a.more.Importance = widget.LowImportance
	a.fold(true)
	return a
}

// rows are captions and inputs by turns. beside stands beside the button that unfolds the rest.
func (a *accountInputs) rows(beside fyne.CanvasObject) []fyne.CanvasObject {
	rows := []fyne.CanvasObject{
		caption(lang.L("Login")), a.add("sipLogin", widgets.NewEntry("1001")),
		caption(lang.L("Authentication name")), a.add("sipAuthenticationName", widgets.NewEntry(lang.L("same as login"))),
		caption(lang.L("Password")), a.add("sipPassword", widgets.NewSecretEntry()),
		caption(lang.L("Domain")), a.add("sipDomain", widgets.NewEntry("sip.example.com")),
		caption(lang.L("Outbound proxy")), a.add("sipOutboundProxy", widgets.NewEntry(lang.L("same as domain"))),
		caption(lang.L("Port")), container.NewGridWithColumns(2, a.add("sipPort", widgets.NewEntry("5060")), a.transport),
		widget.NewLabel(""), container.NewGridWithColumns(2, beside, a.more),
	}
	a.folded = []fyne.CanvasObject{
		caption(lang.L("Encryption")), a.srtp,
		caption(lang.L("Codecs")), a.add("codecs", widgets.NewEntry("PCMA, PCMU, H264")),
		caption(lang.L("TLS server name")), a.add("sipTlsServerName", widgets.NewEntry(lang.L("as connected to"))),
		caption(lang.L("TLS fingerprint")), a.add("sipTlsPin", widgets.NewEntry(lang.L("SHA-256, if not trusted"))),
	}
	a.fold(true)
	return append(rows, a.folded...)
}

func (a *accountInputs) toggle() { a.fold(a.folded[0].Visible()) }

func (a *accountInputs) fold(away bool) {
	a.more.SetText(lang.L("Less"))
	if away {
		a.more.SetText(lang.L("More…"))
	}
	for _, o := range a.folded {
		o.Hide()
		if !away {
			o.Show()
		}
	}
	a.unfolded()
}

// unfoldFor shows a field that was folded away, since something is wrong with it.
func (a *accountInputs) unfoldFor(fd *field) {
	if !fd.Visible() {
		a.fold(false)
	}
}

// account is what the inputs say, as typed but for how fingerprints are written.
func (a *accountInputs) account() gateway.Account {
	return gateway.Account{
		Login:         a.text("sipLogin"),
		AuthName:      a.text("sipAuthenticationName"),
		Password:      gateway.Secret(a.text("sipPassword")),
		Domain:        a.text("sipDomain"),
		OutboundProxy: a.text("sipOutboundProxy"),
		Port:          portOf(a.text("sipPort")),
		Transport:     transportOf(a.transport.Selected),
		TLS: gateway.AccountTLS{
			ServerName: a.text("sipTlsServerName"),
			Pin:        strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(a.text("sipTlsPin"))),
		},
		SRTP:   srtpPolicies()[max(0, a.srtp.SelectedIndex())],
		Codecs: a.text("codecs"),
	}
}

// fillAccount shows an account. Its password is shown as dots.
func (a *accountInputs) fillAccount(account gateway.Account) {
	port := ""
	if account.Port != 0 {
		port = strconv.Itoa(account.Port)
	}
	for name, value := range map[string]string{
		"sipLogin":              account.Login,
		"sipAuthenticationName": account.AuthName,
		"sipPassword":           account.Password.Reveal(),
		"sipDomain":             account.Domain,
		"sipOutboundProxy":      account.OutboundProxy,
		"sipPort":               port,
		"codecs":                account.Codecs,
		"sipTlsServerName":      account.TLS.ServerName,
		"sipTlsPin":             account.TLS.Pin,
	} {
		a.set(a.byName[name], value)
	}
	a.transport.SetSelected(strings.ToUpper(string(transportOrUDP(account.Transport))))
	a.srtp.SetSelectedIndex(0)
	for i, policy := range srtpPolicies() {
		if policy == account.SRTP {
			a.srtp.SetSelectedIndex(i)
		}
	}
	unusual := account.TLS != gateway.AccountTLS{} || account.Codecs != "" || a.srtp.SelectedIndex() > 0
	a.fold(!unusual)
}

// srtpPolicies are in the order of the choice.
func srtpPolicies() []gateway.SRTPPolicy {
	return []gateway.SRTPPolicy{"", gateway.SRTPOptional, gateway.SRTPRequired}
}

func portOf(text string) int {
	if text == "" {
		return 0
	}
	port, err := strconv.Atoi(text)
	if err != nil || port == 0 {
		return -1 // no port at all; the check says so
	}
	return port
}

func transportOf(choice string) gateway.Transport {
	if choice == "" {
		return gateway.TransportUDP
	}
	return gateway.Transport(strings.ToLower(choice))
}

func transportOrUDP(t gateway.Transport) gateway.Transport {
	if t == "" {
		return gateway.TransportUDP
	}
	return t
}
