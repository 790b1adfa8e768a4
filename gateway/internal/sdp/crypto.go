package sdp

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"callcast/gateway"
	"callcast/gateway/internal/media"
)

// Crypto is how a medium is encrypted: by SRTP with keys that stand in the descriptions (RFC 4568).
type Crypto struct {
	Tag     int // as the offer names it
	Suite   string
	Send    Secret // this side's master key with its salt behind it
	Receive Secret // the other side's
}

// Key is a key of this side for one suite.
type Key struct {
	Tag    int
	Suite  string
	Secret Secret
}

// Secret is a master key with its salt. It prints as ***.
type Secret []byte

// Format prints ***.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, maskedKey) }

// MarshalText returns ***.
func (Secret) MarshalText() ([]byte, error) { return []byte(maskedKey), nil }

const maskedKey = "***"

// suite is a crypto suite and how long its master key and salt are together.
type suite struct {
	name   string
	length int
}

// suites are those of RFC 4568 and RFC 7714 that are understood, the most widespread first.
func suites() []suite {
	return []suite{
		{"AES_CM_128_HMAC_SHA1_80", 30},
		{"AES_CM_128_HMAC_SHA1_32", 30},
		{"AEAD_AES_128_GCM", 28},
		{"AEAD_AES_256_GCM", 44},
	}
}

// NewKeys makes a new key for each suite.
func NewKeys() []Key {
	var keys []Key
	for i, s := range suites() {
		secret := make([]byte, s.length)
		_, _ = rand.Read(secret) // it never fails
		keys = append(keys, Key{Tag: i + 1, Suite: s.name, Secret: secret})
	}
	return keys
}

// KeysAfter are the keys to go on with once c was agreed on: its own, which comes first from now on, and new ones for
// the other suites, so that no key is ever begun with twice.
func KeysAfter(c *Crypto) []Key {
	keys := NewKeys()
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Suite == c.Suite })
	agreed := Key{Tag: keys[i].Tag, Suite: c.Suite, Secret: c.Send}
	keys = slices.Insert(slices.Delete(keys, i, i+1), 0, agreed)
	return keys
}

// terms is what this side agrees to: from where, in which codecs, and how encrypted.
type terms struct {
	ip      netip.Addr
	codecs  []media.Codec
	policy  gateway.SRTPPolicy
	keys    []Key
	offered bool // by this side: what the other side names is one of keys
}

// termsOf reads the terms of a line out of this side's own offer.
func termsOf(l *line) terms {
	t := terms{policy: gateway.SRTPNever, offered: true}
	for _, a := range l.attributes {
		if a.name != "crypto" {
			continue
		}
		if key, err := parseKey(a.value); err == nil {
			t.keys = append(t.keys, key)
		}
	}
	switch {
	case l.secure():
		t.policy = gateway.SRTPRequired
	case len(t.keys) > 0:
		t.policy = gateway.SRTPOptional
	}
	return t
}

func (p OfferParams) terms(m MediaOffer) terms {
	return terms{ip: p.IP, codecs: m.Codecs, policy: p.SRTP, keys: m.Keys}
}

// secure tells whether a line is in the profile that has no clear media.
func (l *line) secure() bool { return l.proto == "RTP/SAVP" || l.proto == "RTP/SAVPF" }

// crypto is how a line of the other side is encrypted; nil is in the clear.
func (l *line) crypto(t terms) (*Crypto, refusal) {
	if !l.secure() && l.proto != "RTP/AVP" && l.proto != "RTP/AVPF" {
		return nil, unsuited(gateway.LineTransport, l.proto, fmt.Sprintf("transport %s is not supported", l.proto))
	}
	if t.policy != gateway.SRTPOptional && t.policy != gateway.SRTPRequired {
		if l.secure() {
			return nil, because(gateway.LineSecret,
				"the other side wants encryption (RTP/SAVP), and SRTP is never used; make it optional or required")
		}
		return nil, nil //nolint:nilnil // media in the clear
	}
	c, why := l.agreeCrypto(t)
	switch {
	case c != nil:
		return c, nil
	case why != nil && (l.secure() || t.offered || t.policy == gateway.SRTPRequired):
		return nil, why
	case l.secure():
		return nil, because(gateway.LineNoKey, "RTP/SAVP without a=crypto; keys are taken from the session description only")
	case t.policy == gateway.SRTPRequired:
		return nil, because(gateway.LineClear, "the other side does not encrypt, and SRTP is required")
	}
	return nil, nil //nolint:nilnil // media in the clear
}

// agreeCrypto finds the first a=crypto that both sides can use. Without any there is neither crypto nor refusal.
func (l *line) agreeCrypto(t terms) (*Crypto, refusal) {
	var refused []error
	for _, a := range l.attributes {
		if a.name != "crypto" {
			continue
		}
		theirs, err := parseKey(a.value)
		if err != nil {
			refused = append(refused, err)
			continue
		}
		i := slices.IndexFunc(t.keys, func(k Key) bool {
			return k.Suite == theirs.Suite && (!t.offered || k.Tag == theirs.Tag)
		})
		if i < 0 {
			refused = append(refused, fmt.Errorf("crypto %d with %s was not offered", theirs.Tag, theirs.Suite))
			continue
		}
		return &Crypto{Tag: theirs.Tag, Suite: theirs.Suite, Send: t.keys[i].Secret, Receive: theirs.Secret}, nil
	}
	if refused == nil {
		return nil, nil //nolint:nilnil // it wants none
	}
	why := because(gateway.LineBadKeys, "no crypto line can be used: "+joined(refused))
	for _, s := range suites() {
		why.Ours = append(why.Ours, s.name)
	}
	return nil, why
}

func joined(errs []error) string {
	var text []string
	for _, err := range errs {
		text = append(text, err.Error())
	}
	return strings.Join(text, ", ")
}

// parseKey reads "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4 WSH=64" (RFC 4568 section 9.2). Errors never hold the key.
func parseKey(value string) (Key, error) {
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return Key{}, errors.New("a=crypto is cut short")
	}
	tag, err := strconv.ParseUint(fields[0], 10, 30)
	if err != nil {
		return Key{}, errors.New("a=crypto does not begin with a number")
	}
	i := slices.IndexFunc(suites(), func(s suite) bool { return strings.EqualFold(s.name, fields[1]) })
	if i < 0 {
		return Key{}, fmt.Errorf("crypto %d: suite %s is not supported", tag, readable(fields[1]))
	}
	s := suites()[i]
	secret, err := s.parseInline(fields[2])
	if err == nil {
		err = checkSessionParameters(fields[3:])
	}
	if err != nil {
		return Key{}, fmt.Errorf("crypto %d: %w", tag, err)
	}
	return Key{Tag: int(tag), Suite: s.name, Secret: secret}, nil
}

// parseInline reads "inline:KEY", which a lifetime and the index of the key may follow.
func (s suite) parseInline(text string) (Secret, error) {
	method, info, _ := strings.Cut(text, ":")
	if !strings.EqualFold(method, "inline") {
		return nil, errors.New("its key is not inline")
	}
	if strings.Contains(info, ";") {
		return nil, errors.New("several keys at a time are not supported")
	}
	parts := strings.Split(info, "|")
	secret, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(parts[0], "="))
	if err != nil || len(secret) != s.length {
		return nil, fmt.Errorf("its key is not %d bytes in base64", s.length)
	}
	for _, part := range parts[1:] {
		if err := checkKeyParameter(part); err != nil {
			return nil, err
		}
	}
	return secret, nil
}

// checkKeyParameter reads a lifetime, "2^20" or "1048576", or the value and length of a master key index, "1:4".
func checkKeyParameter(text string) error {
	if _, length, isIndex := strings.Cut(text, ":"); isIndex {
		if length != "0" {
			return errors.New("an index of master keys (MKI) in each packet is not supported")
		}
		return nil
	}
	digits, power := strings.CutPrefix(text, "2^")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n == 0 || power && n > 48 || n > 1<<48 {
		return errors.New("its lifetime is not from 1 to 2^48")
	}
	return nil
}

// checkSessionParameters refuses what would change how packets are made, unless it may be passed over ("-" before it). A
// window size does not.
func checkSessionParameters(params []string) error {
	for _, p := range params {
		name, _, _ := strings.Cut(p, "=")
		if !strings.EqualFold(name, "WSH") && !strings.HasPrefix(name, "-") {
			return fmt.Errorf("its parameter %s is not supported", readable(name))
		}
	}
	return nil
}

// readable is a name for a message, unless it is of a form that a misplaced key could have.
func readable(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' }) {
		return "of an unknown kind"
	}
	return name
}

// profile is how this side offers media.
func (p OfferParams) profile() string {
	if p.SRTP == gateway.SRTPRequired {
		return "RTP/SAVP"
	}
	return "RTP/AVP"
}

func writeKeys(b *bytes.Buffer, keys ...Key) {
	for _, k := range keys {
		fmt.Fprintf(b, "a=crypto:%d %s inline:%s\r\n", k.Tag, k.Suite, base64.StdEncoding.EncodeToString(k.Secret))
	}
}

// Masked is a description without its keys, for people and clients.
func Masked(description []byte) string {
	var b strings.Builder
	for text := range strings.Lines(string(description)) {
		if at := strings.Index(strings.ToLower(text), "inline:"); at >= 0 {
			end := text[len(strings.TrimRight(text, "\r\n")):]
			text = text[:at+len("inline:")] + maskedKey + end
		}
		b.WriteString(text)
	}
	return b.String()
}
