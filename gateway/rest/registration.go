package rest

import (
	"time"

	"callcast/gateway"
)

// registration is an account that is kept registered, without its password.
type registration struct {
	ID            string     `json:"registrationId"`
	Status        string     `json:"status"`
	SIPStatus     int        `json:"sipStatus"`
	Text          *string    `json:"text"`   // what the registrar or the network said
	Reason        *string    `json:"reason"` // why it failed, in the words of a call's endReason
	ExpiresAt     *time.Time `json:"expiresAt"`
	CreatedAt     *time.Time `json:"createdAt"`
	Login         string     `json:"sipLogin"`
	AuthName      string     `json:"sipAuthenticationName"`
	Domain        string     `json:"sipDomain"`
	OutboundProxy *string    `json:"sipOutboundProxy"`
	Port          int        `json:"sipPort"`
	Transport     string     `json:"sipTransport"`
	TLSServerName *string    `json:"sipTlsServerName"`
	TLSPin        *string    `json:"sipTlsPin"`
	SRTP          string     `json:"sipSrtp"`
	Codecs        *string    `json:"codecs"`
}

func registrationOf(r gateway.Registration) *registration {
	a := r.Account
	return &registration{
		ID: r.ID, Status: string(r.Status), SIPStatus: r.SIPStatus, Text: nullable(r.Text),
		Reason:    nullable(string(r.Reason)),
		ExpiresAt: moment(r.Expires), CreatedAt: moment(r.Created),
		Login: a.Login, AuthName: orElse(a.AuthName, a.Login), Domain: a.Domain, OutboundProxy: nullable(a.OutboundProxy), Port: a.Port,
		Transport: orElse(string(a.Transport), string(gateway.TransportUDP)), TLSServerName: nullable(a.TLS.ServerName), TLSPin: nullable(a.TLS.Pin),
		SRTP: orElse(string(a.SRTP), string(gateway.SRTPNever)), Codecs: nullable(a.Codecs),
	}
}
