package sdp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// secured is params with a policy and keys.
func secured(policy gateway.SRTPPolicy) OfferParams {
	p := params(true)
	p.SRTP = policy
	if policy != gateway.SRTPNever {
		p.Audio.Keys, p.Video.Keys = NewKeys(), NewKeys()
	}
	return p
}

// TestEncryptionIsAgreed lets each policy call each other one.
func TestEncryptionIsAgreed(t *testing.T) {
	const (
		never, optional, required = gateway.SRTPNever, gateway.SRTPOptional, gateway.SRTPRequired
		clear, encrypted, refused = "clear", "encrypted", "refused"
	)
	for _, c := range []struct {
		caller, callee gateway.SRTPPolicy
		want           string
	}{
		{never, never, clear},
		{never, optional, clear},
		{never, required, refused},
		{optional, never, clear},
		{optional, optional, encrypted},
		{optional, required, encrypted},
		{required, never, refused},
		{required, optional, encrypted},
		{required, required, encrypted},
	} {
		t.Run(fmt.Sprintf("%s calls %s", c.caller, c.callee), func(t *testing.T) {
			offer := Offer(secured(c.caller))
			require.Equal(t, c.caller == required, strings.Contains(string(offer), "RTP/SAVP"))
			answer, callee, err := AnswerTo(offer, secured(c.callee))
			require.NoError(t, err)
			caller, err := ParseAnswer(offer, answer)
			require.NoError(t, err)
			for _, pair := range [][2]*Media{{caller.Audio, callee.Audio}, {caller.Video, callee.Video}} {
				if c.want == refused {
					require.Nil(t, pair[0])
					require.Nil(t, pair[1])
					continue
				}
				require.NotNil(t, pair[0], "%v", caller.Refused)
				require.NotNil(t, pair[1], "%v", callee.Refused)
				if c.want == clear {
					require.Nil(t, pair[0].Crypto)
					require.Nil(t, pair[1].Crypto)
					require.NotContains(t, string(answer), "a=crypto")
					continue
				}
				a, b := pair[0].Crypto, pair[1].Crypto
				require.Equal(t, []byte(a.Send), []byte(b.Receive))
				require.Equal(t, []byte(b.Send), []byte(a.Receive))
				require.NotEqual(t, []byte(a.Send), []byte(a.Receive))
				require.Equal(t, "AES_CM_128_HMAC_SHA1_80", a.Suite)
				require.Equal(t, a.Suite, b.Suite)
				require.Equal(t, a.Tag, b.Tag)
			}
			if c.want == encrypted {
				require.NotEqual(t, []byte(caller.Audio.Crypto.Send), []byte(caller.Video.Crypto.Send), "each medium has its own")
				require.Equal(t, 2, strings.Count(string(answer), "a=crypto"))
			}
		})
	}
}

// key30 is a key for the suites of RFC 4568.
var key30 = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xAB, 0x17, 0xE0}, 10))

func TestOfferedCrypto(t *testing.T) {
	const why = "no crypto line can be used: "
	const good = "AES_CM_128_HMAC_SHA1_80 inline:"
	for _, c := range []struct {
		name, proto string
		policy      gateway.SRTPPolicy
		lines       []string
		want        string // the answer's suite and tag, or why not; empty is in the clear
	}{
		{"plain", "RTP/SAVP", "optional", []string{"1 " + good + key30}, "AES_CM_128_HMAC_SHA1_80 1"},
		{"with feedback", "RTP/SAVPF", "required", []string{"1 " + good + key30}, "AES_CM_128_HMAC_SHA1_80 1"},
		{"best effort", "RTP/AVP", "optional", []string{"7 " + good + key30}, "AES_CM_128_HMAC_SHA1_80 7"},
		{"best effort is enough", "RTP/AVPF", "required", []string{"7 " + good + key30}, "AES_CM_128_HMAC_SHA1_80 7"},
		{"best effort is not wanted", "RTP/AVP", "never", []string{"7 " + good + key30}, ""},
		{"the offerer's first", "RTP/SAVP", "optional", []string{"3 AES_CM_128_HMAC_SHA1_32 inline:" + key30, "4 " + good + key30}, "AES_CM_128_HMAC_SHA1_32 3"},
		{"GCM without padding", "RTP/SAVP", "optional", []string{"1 AEAD_AES_256_GCM inline:" + base64.RawStdEncoding.EncodeToString(make([]byte, 44))}, "AEAD_AES_256_GCM 1"},
		{"an unknown suite before", "RTP/SAVP", "optional", []string{"1 AES_256_CM_HMAC_SHA1_80 inline:AAAA", "2 " + good + key30}, "AES_CM_128_HMAC_SHA1_80 2"},
		{"lifetime, no index, a window", "RTP/SAVP", "optional", []string{"1 " + good + key30 + "|2^20|1:0 WSH=64 -FUTURE=1"}, "AES_CM_128_HMAC_SHA1_80 1"},
		{"lifetime in full", "RTP/SAVP", "optional", []string{"1 " + good + key30 + "|1048576"}, "AES_CM_128_HMAC_SHA1_80 1"},
		{"an index", "RTP/SAVP", "optional", []string{"1 " + good + key30 + "|2^20|1:4"}, why + "crypto 1: an index of master keys (MKI) in each packet is not supported"},
		{"a long lifetime", "RTP/SAVP", "optional", []string{"1 " + good + key30 + "|2^49"}, why + `crypto 1: its lifetime is not from 1 to 2^48`},
		{"several keys", "RTP/SAVP", "optional", []string{"1 " + good + key30 + "|1:1;inline:" + key30 + "|2:1"}, why + "crypto 1: several keys at a time are not supported"},
		{"not encrypted after all", "RTP/SAVP", "required", []string{"1 " + good + key30 + " UNENCRYPTED_SRTP"}, why + "crypto 1: its parameter UNENCRYPTED_SRTP is not supported"},
		{"a short key", "RTP/SAVP", "optional", []string{"1 " + good + "QUJDRA=="}, why + "crypto 1: its key is not 30 bytes in base64"},
		{"no number", "RTP/SAVP", "optional", []string{"x " + good + key30}, why + "a=crypto does not begin with a number"},
		{"misplaced", "RTP/SAVP", "optional", []string{key30 + " 1 x", "1 inline:" + key30 + " x", "1 " + good + key30 + " " + key30}, why +
			"a=crypto does not begin with a number, crypto 1: suite of an unknown kind is not supported, crypto 1: its parameter of an unknown kind is not supported"},
		{"cut short", "RTP/SAVP", "optional", []string{"1"}, why + "a=crypto is cut short"},
		{"unusable best effort", "RTP/AVP", "optional", []string{"1"}, ""},
		{"unusable where it must be", "RTP/AVP", "required", []string{"1"}, why + "a=crypto is cut short"},
		{"none", "RTP/SAVP", "optional", nil, "RTP/SAVP without a=crypto; keys are taken from the session description only"},
		{"none where it must be", "RTP/AVP", "required", nil, "the other side does not encrypt, and SRTP is required"},
		{"not allowed", "RTP/SAVP", "never", []string{"1 " + good + key30}, "the other side wants encryption (RTP/SAVP), and SRTP is never used; make it optional or required"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := []string{head, "m=audio 4000 " + c.proto + " 8"}
			for _, l := range c.lines {
				lines = append(lines, "a=crypto:"+l)
			}
			answer, a, err := AnswerTo(sdp(lines...), secured(c.policy))
			require.NoError(t, err)
			got := told(a, nil, audio)
			if a.Audio != nil {
				got = ""
			}
			if a.Audio != nil && a.Audio.Crypto != nil {
				got = fmt.Sprintf("%s %d", a.Audio.Crypto.Suite, a.Audio.Crypto.Tag)
				require.Regexp(t, fmt.Sprintf(`a=crypto:%d %s inline:`, a.Audio.Crypto.Tag, a.Audio.Crypto.Suite), string(answer))
			}
			require.Equal(t, c.want, got)
			require.NotContains(t, got, key30)
		})
	}
}

// TestAnsweredCrypto: an answer must name one of the offered lines.
func TestAnsweredCrypto(t *testing.T) {
	const why = "no crypto line can be used: "
	for name, c := range map[string]struct {
		policy gateway.SRTPPolicy
		proto  string
		crypto string
		want   string
	}{
		"another tag":               {"required", "RTP/SAVP", "9 AES_CM_128_HMAC_SHA1_80 inline:" + key30, why + "crypto 9 with AES_CM_128_HMAC_SHA1_80 was not offered"},
		"the tag of another suite":  {"required", "RTP/SAVP", "2 AES_CM_128_HMAC_SHA1_80 inline:" + key30, why + "crypto 2 with AES_CM_128_HMAC_SHA1_80 was not offered"},
		"wrong though optional":     {"optional", "RTP/AVP", "9 AES_CM_128_HMAC_SHA1_80 inline:" + key30, why + "crypto 9 with AES_CM_128_HMAC_SHA1_80 was not offered"},
		"the other profile":         {"required", "RTP/AVP", "2 AES_CM_128_HMAC_SHA1_32 inline:" + key30, "AES_CM_128_HMAC_SHA1_32"},
		"the other way round":       {"optional", "RTP/SAVP", "1 AES_CM_128_HMAC_SHA1_80 inline:" + key30, "AES_CM_128_HMAC_SHA1_80"},
		"clear though required":     {"required", "RTP/AVP", "", "the other side does not encrypt, and SRTP is required"},
		"secure without a key":      {"required", "RTP/SAVP", "", "RTP/SAVP without a=crypto; keys are taken from the session description only"},
		"clear":                     {"optional", "RTP/AVP", "", ""},
		"unasked, and passed over":  {"never", "RTP/AVP", "1 AES_CM_128_HMAC_SHA1_80 inline:" + key30, ""},
		"unasked, and insisted on ": {"never", "RTP/SAVP", "1 AES_CM_128_HMAC_SHA1_80 inline:" + key30, "the other side wants encryption (RTP/SAVP), and SRTP is never used; make it optional or required"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := []string{head, "m=audio 4000 " + c.proto + " 8"}
			if c.crypto != "" {
				lines = append(lines, "a=crypto:"+c.crypto)
			}
			a, err := ParseAnswer(Offer(secured(c.policy)), sdp(lines...))
			require.NoError(t, err)
			got := told(a, nil, audio)
			if a.Audio != nil {
				got = ""
			}
			if a.Audio != nil && a.Audio.Crypto != nil {
				got = a.Audio.Crypto.Suite
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestKeysAfter(t *testing.T) {
	before := NewKeys()
	after := KeysAfter(&Crypto{Suite: "AEAD_AES_128_GCM", Send: before[2].Secret})
	require.Len(t, after, len(before))
	require.Equal(t, "AEAD_AES_128_GCM", after[0].Suite)
	require.Equal(t, 3, after[0].Tag, "its number stays")
	require.Equal(t, []byte(before[2].Secret), []byte(after[0].Secret))
	for _, k := range after[1:] {
		for _, old := range before {
			require.NotEqual(t, []byte(old.Secret), []byte(k.Secret), "what may have been used is not used again")
		}
	}
}

// TestKeysAreNotTold by whatever prints a description's content.
func TestKeysAreNotTold(t *testing.T) {
	key := NewKeys()[0]
	text := base64.StdEncoding.EncodeToString(key.Secret)
	c := &Crypto{Suite: key.Suite, Send: key.Secret, Receive: key.Secret}
	asJSON, err := json.Marshal(c)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", key, "crypto", *c)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", key, "crypto", c)
	for _, told := range []string{string(asJSON), log.String(), fmt.Sprintf("%v %+v %#v %s %x", key, c, key, key.Secret, key.Secret)} {
		require.Contains(t, told, "***")
		require.NotContains(t, told, text)
		require.NotContains(t, told, fmt.Sprintf("%d", key.Secret[0])+" "+fmt.Sprintf("%d", key.Secret[1]))
		require.NotContains(t, told, fmt.Sprintf("%x", []byte(key.Secret[:4])))
	}

	offer := Offer(secured(gateway.SRTPRequired))
	masked := Masked(offer)
	require.Equal(t, strings.Count(string(offer), "a=crypto"), strings.Count(masked, "inline:***\r\n"))
	unmasked := regexp.MustCompile(`inline:\S+`).ReplaceAllString(string(offer), "inline:***")
	require.Equal(t, unmasked, masked, "nothing else is changed")
	require.Equal(t, "a=crypto:1 X INLINE:***\na=x", Masked([]byte("a=crypto:1 X INLINE:abc|1:1;inline:def|2:1\na=x")))
	require.Equal(t, "inline:***", Masked([]byte("inline:abc")))
}

func FuzzCrypto(f *testing.F) {
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|2^20|1:0 WSH=64")
	f.Add("1 AEAD_AES_256_GCM inline:" + base64.StdEncoding.EncodeToString(make([]byte, 44)))
	f.Add("9999999999 F8_128_HMAC_SHA1_80 inline:;inline:|:|")
	local := secured(gateway.SRTPRequired)
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsAny(value, "\r\n") {
			return
		}
		_, a, err := AnswerTo(sdp(head, "m=audio 4000 RTP/SAVP 8", "a=crypto:"+value), local)
		require.NoError(t, err)
		if a.Audio == nil {
			require.Len(t, a.Refused, 1)
			return
		}
		require.Len(t, a.Audio.Crypto.Receive, len(a.Audio.Crypto.Send))
		require.NotContains(t, Masked(sdp("a=crypto:"+value)), base64.RawStdEncoding.EncodeToString(a.Audio.Crypto.Receive))
	})
}
