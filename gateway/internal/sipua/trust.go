package sipua

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"callcast/gateway"
)

// trust is how a TLS server is to prove itself.
type trust struct {
	name string // that its certificate is for
	pin  string // SHA-256 of its certificate in hexadecimal; if given, only that counts
}

func trustOf(acc gateway.Account) trust {
	return trust{name: bareHost(acc.TLS.ServerName), pin: strings.ToLower(acc.TLS.Pin)}
}

var (
	errPin     = errors.New("the server's certificate is another one than was pinned")
	errNotTLS  = errors.New("the server does not speak TLS on this port")
	errLate    = errors.New("the server did not answer in time")
	errHungUp  = errors.New("the server closed the connection")
	errUntrust = errors.New("the server's certificate is not trusted")
)

// secure makes a TLS connection of one to a server.
func (t trust) secure(ctx context.Context, conn net.Conn, roots *x509.CertPool) (net.Conn, error) {
	secure := tls.Client(conn, &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         t.name,
		InsecureSkipVerify: true, //nolint:gosec // check takes its place: its errors are for people, and it knows pins
		VerifyConnection: func(state tls.ConnectionState) error {
			return t.check(state.PeerCertificates, roots)
		},
	})
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("tls with %s: %w", t.name, inWords(err))
	}
	return secure, nil
}

// check says in plain words what is wrong with the certificates that a server shows, its own first.
func (t trust) check(shown []*x509.Certificate, roots *x509.CertPool) error {
	if len(shown) == 0 {
		return &plight{gateway.EndCertificate, fmt.Errorf("%w: it shows none", errUntrust)}
	}
	own := shown[0]
	if t.pin != "" {
		if sum := sha256.Sum256(own.Raw); hex.EncodeToString(sum[:]) != t.pin {
			return &plight{gateway.EndPin, fmt.Errorf("%w: its SHA-256 is %x", errPin, sum)}
		}
		return nil
	}
	between := x509.NewCertPool()
	for _, c := range shown[1:] {
		between.AddCert(c)
	}
	_, err := own.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: t.name})
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errUntrust, flaw(err, own, t.name))
}

// flaw is what is wrong with a certificate, in plain words.
func flaw(err error, c *x509.Certificate, name string) *plight {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		if now := time.Now(); now.Before(c.NotBefore) {
			err = fmt.Errorf("it is not valid before %s; check the clock of this machine", c.NotBefore.Format(time.DateTime))
		} else {
			err = fmt.Errorf("it expired on %s", c.NotAfter.Format(time.DateTime))
		}
		return &plight{gateway.EndExpired, err}
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return &plight{gateway.EndServerName, fmt.Errorf("it is for %s and not for %s", namesOf(c), name)}
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		err = fmt.Errorf("its authority %q is not known here; name its certificate in sip_tls_ca, or pin the server's", c.Issuer.CommonName)
		return &plight{gateway.EndAuthority, err}
	}
	return &plight{gateway.EndCertificate, err}
}

// namesOf are those a certificate is for.
func namesOf(c *x509.Certificate) string {
	all := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no name"
	}
	return strings.Join(all, ", ")
}

// inWords says why a handshake failed.
func inWords(err error) error {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return &plight{gateway.EndNotTLS, errNotTLS}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errLate
	case errors.Is(err, io.EOF):
		return errHungUp
	default:
		return err
	}
}
