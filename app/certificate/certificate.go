// Package certificate gives the servers what they show behind TLS: the operator's certificate, or one made at the start
// that nobody vouches for. It starts nothing and keeps nothing.
package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"os"
	"strings"
	"time"
	"unicode"

	"callcast/gateway"
)

// validity is how long a certificate of our own holds. Browsers take none that are valid for much longer.
const validity = 365 * 24 * time.Hour

// Config is TLS with the certificate that cfg names, or with a new one for this machine and the hosts given.
func Config(cfg gateway.TLSConfig, hosts ...string) (*tls.Config, error) {
	var cert tls.Certificate
	var err error
	switch {
	case cfg.Certificate != "" && cfg.Key != "":
		cert, err = tls.LoadX509KeyPair(cfg.Certificate, cfg.Key)
	case cfg.Certificate != "" || cfg.Key != "":
		err = fmt.Errorf("tls_certificate %q, tls_key %q: set both or none", cfg.Certificate, cfg.Key)
	default:
		cert, err = selfSigned(hosts)
	}
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}

func selfSigned(hosts []string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Callcast"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validity),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	name(template, hosts)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// name makes a certificate good for this machine.
func name(c *x509.Certificate, hosts []string) {
	hosts = append([]string{"localhost", "127.0.0.1", "::1"}, hosts...)
	if own, err := os.Hostname(); err == nil {
		hosts = append(hosts, own)
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else if host != "" && isASCII(host) {
			c.DNSNames = append(c.DNSNames, host)
		}
	}
}

// isASCII tells the names that a certificate can hold. A computer may be called otherwise.
func isASCII(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII })
}
