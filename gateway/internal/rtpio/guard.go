package rtpio

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// Keys encrypt a session by SRTP. Each is a master key with its salt behind it.
type Keys struct {
	Suite   string // as session descriptions name it (RFC 4568, RFC 7714)
	Send    []byte // of what we send
	Receive []byte // of what the peer sends
}

// ErrShut is returned while it is not settled how the session is encrypted.
var ErrShut = errors.New("media is not encrypted yet")

// replayWindow is how many packets late one may come.
const replayWindow = 1024

// guard lets packets in and out: none while it is shut, only encrypted ones while it is on, else all as they are.
type guard struct {
	shut bool
	on   bool

	keys    Keys
	out, in *srtp.Context
	header  rtp.Header // for reuse
	refused uint64
}

// use takes the keys that hold from now on; nil is for media in the clear. A key that stays keeps its counters, and they
// are kept while media is clear, too: a key must not begin anew.
func (g *guard) use(keys *Keys) error {
	if keys == nil {
		g.shut, g.on = false, false
		return nil
	}
	out, in := g.out, g.in
	var err error
	other := keys.Suite != g.keys.Suite
	if other || !bytes.Equal(keys.Send, g.keys.Send) {
		if out, err = newContext(keys.Suite, keys.Send); err != nil {
			return err
		}
	}
	if other || !bytes.Equal(keys.Receive, g.keys.Receive) {
		if in, err = newContext(keys.Suite, keys.Receive); err != nil {
			return err
		}
	}
	g.out, g.in = out, in
	g.keys = Keys{Suite: keys.Suite, Send: bytes.Clone(keys.Send), Receive: bytes.Clone(keys.Receive)}
	g.shut, g.on = false, true
	return nil
}

func newContext(suite string, key []byte) (*srtp.Context, error) {
	profile, ok := profiles()[suite]
	if !ok {
		return nil, fmt.Errorf("srtp: suite %q is not supported", suite)
	}
	size, err := profile.KeyLen()
	if err != nil || len(key) < size {
		return nil, fmt.Errorf("srtp: key of %d bytes is too short for %s", len(key), suite)
	}
	c, err := srtp.CreateContext(key[:size], key[size:], profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return nil, fmt.Errorf("srtp: %w", err)
	}
	return c, nil
}

func profiles() map[string]srtp.ProtectionProfile {
	return map[string]srtp.ProtectionProfile{
		"AES_CM_128_HMAC_SHA1_80": srtp.ProtectionProfileAes128CmHmacSha1_80,
		"AES_CM_128_HMAC_SHA1_32": srtp.ProtectionProfileAes128CmHmacSha1_32,
		"AEAD_AES_128_GCM":        srtp.ProtectionProfileAeadAes128Gcm,
		"AEAD_AES_256_GCM":        srtp.ProtectionProfileAeadAes256Gcm,
	}
}

// overhead is room for what the suites put behind a packet.
const overhead = 16

// seal returns an RTP packet as it goes out: b itself, or new memory.
func (g *guard) seal(b []byte) ([]byte, error) {
	switch {
	case g.shut:
		return nil, ErrShut
	case !g.on:
		return b, nil
	}
	own := append(make([]byte, 0, len(b)+overhead), b...)
	return g.out.EncryptRTP(own, own, &g.header)
}

// sealControl returns a compound RTCP packet as it goes out.
func (g *guard) sealControl(b []byte) ([]byte, error) {
	switch {
	case g.shut:
		return nil, ErrShut
	case !g.on:
		return b, nil
	}
	return g.out.EncryptRTCP(nil, b, nil)
}

// open returns an RTP packet that came in as its sender made it: b itself, or in the memory of to if there is room.
func (g *guard) open(to, b []byte) (plain []byte, ok bool) {
	if !g.shut && !g.on {
		return b, true
	}
	if !g.shut {
		if plain, err := g.in.DecryptRTP(to[:0], b, &g.header); err == nil {
			return plain, true
		}
	}
	g.refused++
	return nil, false
}

// openControl is open for compound RTCP packets.
func (g *guard) openControl(b []byte) (plain []byte, ok bool) {
	if !g.shut && !g.on {
		return b, true
	}
	if !g.shut {
		if plain, err := g.in.DecryptRTCP(nil, b, nil); err == nil {
			return plain, true
		}
	}
	g.refused++
	return nil, false
}
