package screen

import (
	"encoding/json"

	"fyne.io/fyne/v2"

	"callcast/gateway"
	"callcast/ui/model"
)

const accountsKey = "accounts"

// SavedAccounts keeps the console's accounts between runs: their passwords in the secret store, the rest in the
// preferences.
type SavedAccounts struct {
	Preferences fyne.Preferences
	Model       *model.Model
	Off         bool // nothing is kept
}

// savedAccount is one of them, as anybody may read it.
type savedAccount struct {
	ID            string             `json:"id"`
	Login         string             `json:"login"`
	AuthName      string             `json:"authName,omitempty"`
	Domain        string             `json:"domain"`
	OutboundProxy string             `json:"outboundProxy,omitempty"`
	Port          int                `json:"port,omitempty"`
	Transport     gateway.Transport  `json:"transport,omitempty"`
	ServerName    string             `json:"tlsServerName,omitempty"`
	Pin           string             `json:"tlsPin,omitempty"`
	SRTP          gateway.SRTPPolicy `json:"srtp,omitempty"`
	Codecs        string             `json:"codecs,omitempty"`
}

// restore registers the saved accounts again.
func (s SavedAccounts) restore() {
	var list []savedAccount
	if s.Off || json.Unmarshal([]byte(s.Preferences.String(accountsKey)), &list) != nil {
		return
	}
	for _, saved := range list {
		account := saved.account()
		s.Model.FindSecret(accountSecret(account), func(password gateway.Secret) {
			account.Password = password
			s.Model.RestoreAccount(saved.ID, account)
		})
	}
}

// save keeps the console's accounts as they are now, and the password of one of them.
func (s SavedAccounts) save(changed gateway.Account) {
	if s.Off {
		return
	}
	s.Model.SaveSecret(accountSecret(changed), changed.Password)
	s.store()
}

// forget keeps what is left after an account was dropped. Its password stays if the call form may still use it.
func (s SavedAccounts) forget() {
	if !s.Off {
		s.store()
	}
}

func (s SavedAccounts) store() {
	list := []savedAccount{}
	for _, a := range s.Model.Accounts() {
		if a.Own {
			list = append(list, writtenAccount(a))
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings and numbers
	}
	s.Preferences.SetString(accountsKey, string(text))
}

func writtenAccount(a model.Account) savedAccount {
	return savedAccount{
		ID: a.ID, Login: a.Account.Login, AuthName: a.Account.AuthName, Domain: a.Account.Domain,
		OutboundProxy: a.Account.OutboundProxy, Port: a.Account.Port, Transport: a.Account.Transport,
		ServerName: a.Account.TLS.ServerName, Pin: a.Account.TLS.Pin, SRTP: a.Account.SRTP, Codecs: a.Account.Codecs,
	}
}

func (s savedAccount) account() gateway.Account {
	return gateway.Account{
		Login: s.Login, AuthName: s.AuthName, Domain: s.Domain, OutboundProxy: s.OutboundProxy, Port: s.Port,
		Transport: s.Transport, TLS: gateway.AccountTLS{ServerName: s.ServerName, Pin: s.Pin}, SRTP: s.SRTP, Codecs: s.Codecs,
		Register: true,
	}
}
