package peers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TLSFront is a server that takes TLS off and passes on what is inside.
type TLSFront struct {
	Address string // host:port
	CAFile  string // the certificate to trust
}

// StartTLSFront starts a front before a backend, with a certificate for 127.0.0.1 that no system trusts.
func StartTLSFront(t testing.TB, backend string) *TLSFront {
	certificate := selfSigned(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	require.NoError(t, err)
	front := &TLSFront{
		Address: l.Addr().String(),
		CAFile:  writePEM(t, t.TempDir(), "ca.pem", "CERTIFICATE", certificate.Certificate[0]),
	}
	var tasks sync.WaitGroup
	tasks.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			tasks.Go(func() { pass(c, backend) })
		}
	})
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		tasks.Wait() // their other ends have ended
	})
	return front
}

// pass moves bytes both ways until one side ends.
func pass(c net.Conn, backend string) {
	defer func() { _ = c.Close() }()
	b, err := net.Dial("tcp", backend)
	if err != nil {
		return
	}
	defer func() { _ = b.Close() }()
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(c, b)
		_ = c.Close()
	})
	_, _ = io.Copy(b, c)
	_ = b.Close()
	back.Wait()
}

// writePEM writes one block into a file and returns its path.
func writePEM(t testing.TB, dir, name, kind string, der []byte) string {
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return path
}

// selfSigned makes a certificate that is its own authority.
func selfSigned(t testing.TB) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"sip.test"},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
