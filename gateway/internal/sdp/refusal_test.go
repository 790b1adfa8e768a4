package sdp

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/media"
)

// TestReasons: whatever is refused is so for a reason that programs can read, with what it speaks of.
func TestReasons(t *testing.T) {
	const taken = "m=audio 4000 RTP/AVP 8"
	suites := []string{"AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"}
	policy := func(p gateway.SRTPPolicy) func(*OfferParams) { return func(o *OfferParams) { o.SRTP = p } }
	for name, tt := range map[string]struct {
		offer  []byte
		change func(*OfferParams)
		want   gateway.MediaLine
	}{
		"declined":    {sdp(head, "m=audio 0 RTP/AVP 8"), nil, gateway.MediaLine{Reason: gateway.LineDeclined}},
		"other kind":  {sdp(head, "m=text 4000 RTP/AVP 98"), nil, gateway.MediaLine{Kind: "text", Reason: gateway.LineKind}},
		"second":      {sdp(head, taken, taken), nil, gateway.MediaLine{Reason: gateway.LineSecond}},
		"no port":     {sdp(head, taken), func(o *OfferParams) { o.Audio.Port = 0 }, gateway.MediaLine{Reason: gateway.LineNoPort}},
		"no codecs":   {sdp(head, taken), func(o *OfferParams) { o.Audio.Codecs = nil }, gateway.MediaLine{Reason: gateway.LineNoCodecs}},
		"transport":   {sdp(head, "m=audio 4000 UDP/TLS/RTP/SAVPF 8"), nil, gateway.MediaLine{Reason: gateway.LineTransport, Theirs: []string{"UDP/TLS/RTP/SAVPF"}}},
		"clear":       {sdp(head, taken), policy(gateway.SRTPRequired), gateway.MediaLine{Reason: gateway.LineClear}},
		"secret":      {sdp(head, "m=audio 4000 RTP/SAVP 8"), nil, gateway.MediaLine{Reason: gateway.LineSecret}},
		"no key":      {sdp(head, "m=audio 4000 RTP/SAVP 8"), policy(gateway.SRTPOptional), gateway.MediaLine{Reason: gateway.LineNoKey}},
		"bad keys":    {sdp(head, "m=audio 4000 RTP/SAVP 8", "a=crypto:1 X inline:Y"), policy(gateway.SRTPOptional), gateway.MediaLine{Reason: gateway.LineBadKeys, Ours: suites}},
		"no address":  {sdp("v=0", taken), nil, gateway.MediaLine{Reason: gateway.LineNoAddress}},
		"bad address": {sdp("v=0", "c=IN IP4 phone.example", taken), nil, gateway.MediaLine{Reason: gateway.LineBadAddress, Theirs: []string{"phone.example"}}},
		"multicast":   {sdp("v=0", "c=IN IP4 224.2.1.1/127", taken), nil, gateway.MediaLine{Reason: gateway.LineMulticast, Theirs: []string{"224.2.1.1"}}},
		"unmatched":   {sdp(head, "m=audio 4000 RTP/AVP 18"), nil, gateway.MediaLine{Reason: gateway.LineUnmatched, Theirs: []string{"G729/8000"}, Ours: []string{"PCMA", "PCMU"}}},
	} {
		t.Run(name, func(t *testing.T) {
			local := params(true)
			if tt.change != nil {
				tt.change(&local)
			}
			_, got, err := AnswerTo(tt.offer, local)
			require.NoError(t, err)
			require.Len(t, got.Refused, 1)
			refused := got.Refused[0]
			require.NotEmpty(t, refused.Why)
			refused.Why = ""
			if tt.want.Kind == "" {
				tt.want.Kind = audio
			}
			require.Equal(t, tt.want, refused)
		})
	}
	got, err := ParseAnswer(Offer(params(true)), sdp(head, taken))
	require.NoError(t, err)
	require.Equal(t, []gateway.MediaLine{{Kind: video, Reason: gateway.LineAbsent, Why: "it is not in the answer"}}, got.Refused)
}

// TestAddressesOfEitherVersion: an address of the other version of IP is noted. Who holds names none that counts.
func TestAddressesOfEitherVersion(t *testing.T) {
	const four, six = "c=IN IP4 192.0.2.20", "c=IN IP6 2001:db8::2"
	for _, tt := range []struct{ ours, theirs, want, noted string }{
		{"192.0.2.10", four, "192.0.2.20:4000", ""},
		{"2001:db8::1", six, "[2001:db8::2]:4000", ""},
		{"::ffff:192.0.2.10", four, "192.0.2.20:4000", ""},
		{"192.0.2.10", "c=IN IP6 ::ffff:192.0.2.20", "192.0.2.20:4000", ""},
		{"192.0.2.10", "c=IN IP6 ::", "invalid AddrPort", ""},
		{"2001:db8::1", "c=IN IP4 0.0.0.0", "invalid AddrPort", ""},
		{
			"192.0.2.10", six, "[2001:db8::2]:4000", "its address 2001:db8::2 is IPv6, and ours 192.0.2.10 is IPv4; " +
				"if it hears nothing, reach the SIP server by IPv6 (sip_host, domain or outbound proxy), or have the other side use IPv4",
		},
		{
			"2001:db8::1", four, "192.0.2.20:4000", "its address 192.0.2.20 is IPv4, and ours 2001:db8::1 is IPv6; " +
				"if it hears nothing, reach the SIP server by IPv4 (sip_host, domain or outbound proxy), or have the other side use IPv6",
		},
	} {
		local := params(true)
		local.IP, local.Audio.Codecs = netip.MustParseAddr(tt.ours), []media.Codec{media.PCMA}
		description := []byte(strings.Join([]string{"v=0", tt.theirs, "m=audio 4000 RTP/AVP 8"}, "\n"))
		answered, err := ParseAnswer(Offer(local), description)
		require.NoError(t, err)
		_, offered, err := AnswerTo(description, local)
		require.NoError(t, err)
		for _, a := range []Answer{answered, offered} {
			require.Equal(t, tt.want, a.Audio.RTP.String())
			if tt.noted == "" {
				require.Empty(t, a.Unused)
				continue
			}
			require.Len(t, a.Unused, 1)
			require.Equal(t, tt.noted, a.Unused[0].Why)
			require.Equal(t, gateway.LineFamily, a.Unused[0].Reason)
		}
	}
}
