package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

func leaf(t *testing.T, c *tls.Config) *x509.Certificate {
	t.Helper()
	cert, err := x509.ParseCertificate(c.Certificates[0].Certificate[0])
	require.NoError(t, err)
	return cert
}

func TestOwnCertificateIsGoodForThisMachine(t *testing.T) {
	c, err := Config(gateway.TLSConfig{}, "203.0.113.9", "", "мой-компьютер", "gateway.example")
	require.NoError(t, err)
	cert := leaf(t, c)
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	for _, host := range []string{"localhost", "127.0.0.1", "::1", "203.0.113.9", "gateway.example"} {
		_, err := cert.Verify(x509.VerifyOptions{DNSName: host, Roots: roots})
		require.NoError(t, err, host)
	}
	_, err = cert.Verify(x509.VerifyOptions{DNSName: "elsewhere.example", Roots: roots})
	require.Error(t, err)
	again, err := Config(gateway.TLSConfig{})
	require.NoError(t, err)
	require.NotEqual(t, cert.SerialNumber, leaf(t, again).SerialNumber)
}

func TestOperatorsCertificate(t *testing.T) {
	made, err := Config(gateway.TLSConfig{}, "gateway.example")
	require.NoError(t, err)
	key, err := x509.MarshalPKCS8PrivateKey(made.Certificates[0].PrivateKey)
	require.NoError(t, err)
	dir := t.TempDir()
	cfg := gateway.TLSConfig{Certificate: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	for path, block := range map[string]*pem.Block{
		cfg.Certificate: {Type: "CERTIFICATE", Bytes: made.Certificates[0].Certificate[0]},
		cfg.Key:         {Type: "PRIVATE KEY", Bytes: key},
	} {
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(block), 0o600))
	}
	c, err := Config(cfg)
	require.NoError(t, err)
	require.Equal(t, leaf(t, made).SerialNumber, leaf(t, c).SerialNumber)

	_, err = Config(gateway.TLSConfig{Certificate: cfg.Certificate})
	require.ErrorContains(t, err, "tls_key")
	_, err = Config(gateway.TLSConfig{Certificate: cfg.Certificate, Key: filepath.Join(dir, "none.pem")})
	require.ErrorContains(t, err, "none.pem")
}
