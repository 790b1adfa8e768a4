package engine

import (
	"crypto/x509"
	"fmt"
	"os"

	"callcast/gateway"
)

// authority is the setting that names the certificate authorities of SIP servers.
const authority = "sip_tls_ca"

// authorities are those that SIP servers may have their certificates from; nil = those the system trusts. If the file cannot
// be used, nobody is trusted.
func authorities(file string) (*x509.CertPool, *gateway.Error) {
	if file == "" {
		return nil, nil
	}
	pool := x509.NewCertPool()
	text, err := os.ReadFile(file)
	if err != nil {
		return pool, authorityError(file, err.Error(), err)
	}
	if !pool.AppendCertsFromPEM(text) {
		return pool, authorityError(file, "no certificate is in it", nil)
	}
	return pool, nil
}

func authorityError(file, why string, err error) *gateway.Error {
	return &gateway.Error{
		Code: gateway.CodeUnavailable, Reason: gateway.ReasonAuthority, Field: authority, Value: file, Err: err,
		Message: fmt.Sprintf("%s %q cannot be used: %s. Name a PEM file of certificate authorities, or none for those the system trusts; "+
			"until then no account with transport tls works.", authority, file, why),
	}
}

// trusts refuses an account whose server could not be trusted for lack of authorities.
func (e *Engine) trusts(account gateway.Account) error {
	if e.distrust == nil || account.Transport != gateway.TransportTLS || account.TLS.Pin != "" {
		return nil
	}
	return e.distrust
}
