package peers

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strconv"
	"testing"

	"github.com/pion/srtp/v3"
	"github.com/stretchr/testify/require"
)

// secure reads the encrypted media of a call, with the keys of its session descriptions.
type secure struct {
	keys map[int][]*srtp.Context // by the RTP port that sends with one of them
}

var (
	mediaLine  = regexp.MustCompile(`^m=\w+ (\d+) `)
	cryptoLine = regexp.MustCompile(`^a=crypto:\d+ (\w+) inline:([A-Za-z0-9+/]+=*)`)
)

// newSecure takes the keys out of the SIP messages among the datagrams: who names a port and a key sends from that port
// with that key.
func newSecure(t testing.TB, datagrams []Datagram) *secure {
	t.Helper()
	s := &secure{keys: map[int][]*srtp.Context{}}
	known := map[string]bool{}
	for _, d := range datagrams {
		port := 0
		for line := range bytes.Lines(d.Payload) {
			if m := mediaLine.FindSubmatch(line); m != nil {
				port, _ = strconv.Atoi(string(m[1]))
			}
			m := cryptoLine.FindSubmatch(line)
			id := strconv.Itoa(port) + string(line)
			if m == nil || port == 0 || known[id] {
				continue
			}
			known[id] = true
			s.keys[port] = append(s.keys[port], contextOf(t, string(m[1]), string(m[2])))
		}
	}
	return s
}

func contextOf(t testing.TB, suite, text string) *srtp.Context {
	t.Helper()
	profile, ok := map[string]srtp.ProtectionProfile{
		"AES_CM_128_HMAC_SHA1_80": srtp.ProtectionProfileAes128CmHmacSha1_80,
		"AES_CM_128_HMAC_SHA1_32": srtp.ProtectionProfileAes128CmHmacSha1_32,
		"AEAD_AES_128_GCM":        srtp.ProtectionProfileAeadAes128Gcm,
		"AEAD_AES_256_GCM":        srtp.ProtectionProfileAeadAes256Gcm,
	}[suite]
	require.True(t, ok, suite)
	key, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	size, err := profile.KeyLen()
	require.NoError(t, err)
	c, err := srtp.CreateContext(key[:size], key[size:], profile)
	require.NoError(t, err)
	return c
}

// open decrypts a packet of RTP or RTCP from a port, if it is authentic and was encrypted.
func (s *secure) open(from int, packet []byte) (plain []byte, ok bool) {
	for _, c := range s.keys[from&^1] {
		var err error
		if control(packet) {
			plain, err = c.DecryptRTCP(nil, packet, nil)
		} else {
			plain, err = c.DecryptRTP(nil, packet, nil)
		}
		if err == nil {
			return plain, !bytes.HasPrefix(packet, plain) || len(plain) <= rtpHeader
		}
	}
	return nil, false
}

// rtpHeader is what of a packet is not encrypted.
const rtpHeader = 12

// control tells RTCP by its type.
func control(packet []byte) bool { return len(packet) > 1 && packet[1] >= 192 && packet[1] <= 223 }

// Encrypted counts what one side of a call sent.
type Encrypted struct {
	RTP, RTCP           int // authenticated with its keys
	ClearRTP, ClearRTCP int // in the clear, or not by its keys
}

// Encrypted reads all media of the capture, by who sent it: the telephone, or the other.
func (c *Capture) Encrypted(t testing.TB) (telephone, other Encrypted) {
	t.Helper()
	s := newSecure(t, c.Datagrams())
	for _, d := range c.Media() {
		count := &other
		if d.From >= c.sip && d.From < c.sip+baresipPorts {
			count = &telephone
		}
		switch _, ok := s.open(d.From, d.Payload); {
		case !ok && control(d.Payload):
			count.ClearRTCP++
		case !ok:
			count.ClearRTP++
		case control(d.Payload):
			count.RTCP++
		default:
			count.RTP++
		}
	}
	return telephone, other
}
