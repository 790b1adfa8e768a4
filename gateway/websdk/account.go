package websdk

import (
	"cmp"
	"strconv"
	"strings"

	"callcast/gateway"
)

// accountOf reads the SIP account that a session calls with, as it was typed into a page. Whether it can be used is the
// gateway's to say, except for a port that is no number.
func accountOf(f fields) (gateway.Account, error) {
	a := gateway.Account{
		Login:         f.typed("sipLogin"),
		AuthName:      f.typed("sipAuthenticationName"),
		Password:      gateway.Secret(f.text("sipPassword")),
		Domain:        f.typed("sipDomain"),
		OutboundProxy: cmp.Or(f.typed("sipOutboundProxy"), f.typed("sipProxy")),
		Transport:     gateway.Transport(strings.ToLower(f.typed("sipTransport"))),
		TLS:           gateway.AccountTLS{ServerName: f.typed("sipTlsServerName"), Pin: f.typed("sipTlsPin")},
		SRTP:          gateway.SRTPPolicy(strings.ToLower(f.typed("sipSrtp"))),
		Codecs:        f.typed("codecs"),
	}
	port := f.typed("sipPort")
	if port == "" {
		return a, nil
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return a, gateway.Invalid(gateway.ReasonPort, "sipPort", clip(port), "give a port from 1 to 65535, or leave it empty for 5060.")
	}
	a.Port = number
	return a, nil
}
