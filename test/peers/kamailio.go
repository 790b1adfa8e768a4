package peers

import (
	"crypto/sha256"
	"crypto/x509"
	_ "embed" // the configuration stands in a file of its own
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

//go:embed kamailio.cfg
var kamailioConfig string

// Kamailio is a registrar and proxy with digest authentication for the domain sip.test. Its users are alice, bob, carol and
// gw; each one's password is the name followed by "pw".
type Kamailio struct {
	Port        int
	TLSPort     int    // 0 if it was started without
	CAFile      string // the certificate to trust; it is for 127.0.0.1 and sip.test
	Fingerprint string // SHA-256 of the certificate, in hexadecimal
	control     string // the socket of kamcmd
}

// StartKamailio starts a registrar for UDP and TCP and waits until it answers.
func StartKamailio(t testing.TB) *Kamailio {
	k := &Kamailio{Port: FreePorts(t, 1)}
	k.start(t, t.TempDir(), map[string]any{"Port": k.Port, "TLS": 0})
	return k
}

// StartRelayingKamailio starts one that has all media of its calls go through a relay.
func StartRelayingKamailio(t testing.TB, r *RTPEngine) *Kamailio {
	k := &Kamailio{Port: FreePorts(t, 1)}
	k.start(t, t.TempDir(), map[string]any{"Port": k.Port, "TLS": 0, "Relay": r.control})
	return k
}

// StartSecureKamailio starts one that speaks TLS as well.
func StartSecureKamailio(t testing.TB) *Kamailio {
	const udp, secure = 0, 1
	first, dir, certificate := FreePorts(t, 2), t.TempDir(), selfSigned(t)
	k := &Kamailio{
		Port: first + udp, TLSPort: first + secure,
		CAFile:      writePEM(t, dir, "certificate.pem", "CERTIFICATE", certificate.Certificate[0]),
		Fingerprint: fmt.Sprintf("%x", sha256.Sum256(certificate.Certificate[0])),
	}
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	require.NoError(t, err)
	k.start(t, dir, map[string]any{
		"Port": k.Port, "TLS": k.TLSPort, "Certificate": k.CAFile, "Key": writePEM(t, dir, "key.pem", "PRIVATE KEY", key),
	})
	return k
}

func (k *Kamailio) start(t testing.TB, dir string, values map[string]any) {
	k.control = filepath.Join(dir, "control")
	values["Control"] = k.control
	path := write(t, dir, "kamailio.cfg", kamailioConfig, values)
	p := start(t, dir, "kamailio", "-f", path, "-DD", "-m", "32", "-M", "4", "-E", "-w", dir, "-Y", dir)
	p.listening(t, k.Address())
	require.Eventually(t, func() bool { p.alive(t); return k.answers() }, patience, 50*time.Millisecond)
}

// Address is its host:port.
func (k *Kamailio) Address() string { return fmt.Sprintf("127.0.0.1:%d", k.Port) }

// SecureAddress is its host:port for TLS.
func (k *Kamailio) SecureAddress() string { return fmt.Sprintf("127.0.0.1:%d", k.TLSPort) }

// Bound reports whether the registrar knows where a user is.
func (k *Kamailio) Bound(t testing.TB, user string) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "kamcmd", "-s", "unixs:"+k.control, "ul.dump").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.Contains(string(out), "AoR: "+user+"\n")
}

func (k *Kamailio) answers() bool {
	c, err := net.Dial("udp", k.Address())
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	_, _ = fmt.Fprintf(c, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bKprobe\r\nMax-Forwards: 5\r\n"+
		"From: <sip:probe@sip.test>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: probe\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		k.Address(), c.LocalAddr(), k.Address())
	_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	n, _ := c.Read(make([]byte, 2048))
	return n > 0
}
