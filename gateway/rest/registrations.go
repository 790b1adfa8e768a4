package rest

import (
	"net/http"
	"strings"

	"callcast/gateway"
)

// startRegistration keeps an account registered, so that calls for it ring.
func (s *service) startRegistration(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	spec := gateway.RegisterSpec{Account: readAccount(f)}
	spec.ID = orElse(f.text("registrationId"), spec.Account.DefaultID())
	if err := f.problem(); err != nil {
		return err
	}
	return done(w, s.api.Register(r.Context(), spec))
}

// readAccount reads the members that name a SIP account.
func readAccount(f *fields) gateway.Account {
	return gateway.Account{
		Login:         f.text("sipLogin"),
		AuthName:      f.text("sipAuthenticationName"),
		Password:      gateway.Secret(f.text("sipPassword")),
		Domain:        f.text("sipDomain"),
		OutboundProxy: f.textOf("sipOutboundProxy", "sipProxy"),
		Port:          f.number("sipPort"),
		Transport:     gateway.Transport(strings.ToLower(f.text("sipTransport"))),
		TLS:           gateway.AccountTLS{ServerName: f.text("sipTlsServerName"), Pin: f.text("sipTlsPin")},
		SRTP:          gateway.SRTPPolicy(strings.ToLower(f.text("sipSrtp"))),
		Codecs:        f.text("codecs"),
	}
}

func (s *service) terminateRegistration(w http.ResponseWriter, r *http.Request) error {
	return forOne(w, r, "registrationId", s.api.Unregister)
}

// findAllRegistrations answers with an empty list when there are none.
func (s *service) findAllRegistrations(w http.ResponseWriter, _ *http.Request) error {
	now := s.api.Snapshot().Registrations
	found := make([]*registration, len(now))
	for i, r := range now {
		found[i] = registrationOf(r)
	}
	return reply(w, http.StatusOK, found)
}
