package gateway

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// soundSpec is a call that nothing is wrong with.
func soundSpec() CallSpec {
	return CallSpec{
		ID:         "call1",
		Callee:     "sip:bob@example.com",
		Account:    Account{Login: "Ralf_C12441", Domain: "example.com"},
		RTMPURL:    "rtmp://media.example.com/live",
		RTMPStream: "key",
	}
}

// complaint is what a client branches on and translates.
type complaint struct{ field, reason string }

func complaints(errs []*Error) (all []complaint) {
	for _, err := range errs {
		all = append(all, complaint{err.Field, err.Reason})
	}
	return all
}

func TestCallFields(t *testing.T) {
	long := strings.Repeat("x", 129)
	for _, tt := range []struct {
		field  string
		set    func(s *CallSpec, value string)
		sound  []string
		reason map[string]string // of values that are refused
	}{
		{
			"callId", func(s *CallSpec, v string) { s.ID = v },
			[]string{"1", "a-b_c.d", "1d79d9c4@host", strings.Repeat("x", 128)},
			map[string]string{"": ReasonRequired, "a b": ReasonCharacters, "a/b": ReasonCharacters, "a?b": ReasonCharacters, "a\nb": ReasonCharacters, "ы": ReasonCharacters, long: ReasonTooLong},
		},
		{
			"toStream", func(s *CallSpec, v string) { s.Stream = v },
			[]string{"", "stream1", strings.Repeat("x", 128)},
			map[string]string{"a b": ReasonCharacters, "<a>": ReasonCharacters, `a"b`: ReasonCharacters, long: ReasonTooLong},
		},
		{
			"callee", func(s *CallSpec, v string) { s.Callee = v },
			[]string{"bob", "+491234", "*98#", "bob@example.com", "bob@10.0.0.1:5080", "sip:bob@[::1]:5060", "sip:example.com", "sip:bob@example.com;transport=tcp", "SIP:bob@example.com"},
			map[string]string{
				"": ReasonRequired, "tel:123": ReasonScheme, "sips:bob@example.com": ReasonScheme, "bob smith": ReasonSIPURI,
				"<sip:bob@example.com>": ReasonSIPURI, "sip:": ReasonSIPURI, "sip:bob@": ReasonSIPURI, "@example.com": ReasonSIPURI,
				"bob@example.com:0": ReasonSIPURI, "bob@example.com:x": ReasonSIPURI, "bob@exa mple": ReasonSIPURI,
				"bob\r\nVia: x": ReasonSIPURI, strings.Repeat("x", 257): ReasonTooLong,
			},
		},
		{
			"sipLogin", func(s *CallSpec, v string) { s.Account.Login = v },
			[]string{"Ralf_C12441", "alice", "+49123", "a.b-c", "a!~*'()&=$,;?/", "a%20b"},
			map[string]string{
				"": ReasonRequired, "Ralf C12441": ReasonCharacters, "Ralf C12441@host.com": ReasonCharacters, "alice@host.com": ReasonCharacters,
				"<alice>": ReasonCharacters, `"alice"`: ReasonCharacters, "alice\r\n": ReasonCharacters, "алиса": ReasonCharacters, long: ReasonTooLong,
			},
		},
		{
			"sipAuthenticationName", func(s *CallSpec, v string) { s.Account.AuthName = v },
			[]string{"", "Ralf_C12441"},
			map[string]string{"Ralf C12441@host.com": ReasonCharacters, "<alice>": ReasonCharacters, "a b": ReasonCharacters, long: ReasonTooLong},
		},
		{
			"sipDomain", func(s *CallSpec, v string) { s.Account.Domain = v },
			[]string{"example.com", "10.0.0.1:5070", "[::1]", "[::1]:5060", "my_host"},
			map[string]string{
				"": ReasonRequired, "exa mple.com": ReasonHost, "[zz]": ReasonHost, ":5060": ReasonHost, "host:0": ReasonPort,
				"host:65536": ReasonPort, "host:sip": ReasonPort, strings.Repeat("x", 254): ReasonHost, "sip;x": ReasonHost,
			},
		},
		{
			"sipOutboundProxy", func(s *CallSpec, v string) { s.Account.OutboundProxy = v },
			[]string{"", "proxy.example.com", "proxy.example.com:5070"},
			map[string]string{"<proxy>": ReasonHost, "proxy:99999": ReasonPort},
		},
		{
			"sipTransport", func(s *CallSpec, v string) { s.Account.Transport = Transport(v) },
			[]string{"", "udp", "tcp"},
			map[string]string{"sctp": ReasonChoice, "UDP": ReasonChoice},
		},
		{
			"visibleName", func(s *CallSpec, v string) { s.VisibleName = v },
			[]string{"", "Ральф & Co", `a "b" <c>`},
			map[string]string{"a\r\nb": ReasonCharacters, "a\x00": ReasonCharacters, long: ReasonTooLong},
		},
		{
			"rtmpUrl", func(s *CallSpec, v string) { s.RTMPURL = Secret(v) },
			[]string{"rtmp://h/app", "rtmps://h:443/app/_definst_", "rtmp://user:pass@h/app?x=1", "rtmp://[::1]:1935/live"},
			map[string]string{
				"": ReasonRequired, "http://h/app": ReasonScheme, "h/app": ReasonScheme, "rtmp:///app": ReasonHost, "rtmp://h": ReasonURL,
				"rtmp://h:0/app": ReasonPort, "rtmp://h:65536/app": ReasonPort, "rtmp://h/%zz": ReasonURL, "rtmp://" + strings.Repeat("x", 2048) + "/app": ReasonTooLong,
			},
		},
		{
			"rtmpStream", func(s *CallSpec, v string) { s.RTMPStream = Secret(v) },
			[]string{"key", "key?token=1"},
			map[string]string{"": ReasonRequired, "a key": ReasonCharacters, "a\nkey": ReasonCharacters},
		},
	} {
		for _, value := range tt.sound {
			t.Run(tt.field+" "+value, func(t *testing.T) {
				s := soundSpec()
				tt.set(&s, value)
				require.Empty(t, s.Validate())
			})
		}
		for value, reason := range tt.reason {
			t.Run("bad "+tt.field+" "+value, func(t *testing.T) {
				s := soundSpec()
				tt.set(&s, value)
				errs := s.Validate()
				require.Equal(t, []complaint{{tt.field, reason}}, complaints(errs))
				require.Equal(t, CodeInvalid, errs[0].Code)
				require.True(t, strings.HasPrefix(errs[0].Error(), tt.field), "the sentence names the field: %s", errs[0])
				require.True(t, strings.HasSuffix(errs[0].Error(), "."), "it is a sentence: %s", errs[0])
			})
		}
	}
}

func TestPort(t *testing.T) {
	for port, sound := range map[int]bool{0: true, 1: true, 5060: true, 65535: true, -1: false, 65536: false} {
		s := soundSpec()
		s.Account.Port = port
		if sound {
			require.Empty(t, s.Validate(), port)
		} else {
			require.Equal(t, []complaint{{"sipPort", ReasonPort}}, complaints(s.Validate()), port)
		}
	}
}

func TestTargetOfAPush(t *testing.T) {
	for name, tt := range map[string]struct {
		url, stream string
		want        []complaint
	}{
		"none":                           {"", "", nil},
		"name at the URL's end":          {"rtmp://h/app/key", "", nil},
		"name without a server":          {"", "key", []complaint{{"rtmpUrl", ReasonRequired}}},
		"application only":               {"rtmp://h/app", "", []complaint{{"rtmpStream", ReasonRequired}}},
		"slashes are no name":            {"rtmp://h/app//", "", []complaint{{"rtmpStream", ReasonRequired}}},
		"slashes are no app":             {"rtmp://h//", "key", []complaint{{"rtmpUrl", ReasonURL}}},
		"the scheme's case is no matter": {"RTMP://h/app", "key", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := soundSpec()
			s.RTMPURL, s.RTMPStream = Secret(tt.url), Secret(tt.stream)
			require.Equal(t, tt.want, complaints(s.Validate()))
		})
	}
}

func TestEveryBadFieldIsTold(t *testing.T) {
	require.Equal(t, []complaint{
		{"callId", ReasonRequired}, {"callee", ReasonRequired}, {"sipLogin", ReasonRequired}, {"sipDomain", ReasonRequired},
	}, complaints(CallSpec{}.Validate()))
}

func TestComplaintsHideWhatIsSecret(t *testing.T) {
	for _, target := range []string{
		"http://user:hunter2@h/hunter2", "rtmp://user:hunter2@h:0/hunter2?key=hunter2", "rtmp://hunter2%zz", "rtmp://user:hunter2@h?hunter2",
		"rtmp://h/hunter2/" + strings.Repeat("x", 2048),
	} {
		s := soundSpec()
		s.RTMPURL, s.RTMPStream = Secret(target), "hunter2"
		errs := s.Validate()
		require.Len(t, errs, 1, target)
		require.NotContains(t, errs[0].Error()+errs[0].Value, "hunter2", target)
	}
	s := soundSpec()
	s.RTMPStream = "hunter2 hunter2"
	require.NotContains(t, s.Validate()[0].Error()+s.Validate()[0].Value, "hunter2")
}

func TestWhomATransferNames(t *testing.T) {
	for _, good := range []TransferSpec{
		{CallID: "a", Target: "1002"},
		{CallID: "a", Target: "sip:bob@pbx:5070"},
		{CallID: "a", Replaces: "b"},
		{CallID: "a", Target: "bob", Replaces: "b"},
	} {
		require.Nil(t, good.Validate(), "%+v", good)
	}
	for _, tt := range []struct {
		spec TransferSpec
		want complaint
	}{
		{TransferSpec{CallID: "a"}, complaint{"target", ReasonRequired}},
		{TransferSpec{CallID: "a", Target: "<<<>>>"}, complaint{"target", ReasonSIPURI}},
		{TransferSpec{CallID: "a", Target: "tel:1"}, complaint{"target", ReasonScheme}},
		{TransferSpec{CallID: "a", Target: "b c", Replaces: "b"}, complaint{"target", ReasonSIPURI}},
		{TransferSpec{CallID: "a", Replaces: "a"}, complaint{"replacesCallId", ReasonChoice}},
	} {
		require.Equal(t, []complaint{tt.want}, complaints([]*Error{tt.spec.Validate()}), "%+v", tt.spec)
	}
}

func TestTones(t *testing.T) {
	for name, tt := range map[string]struct {
		tones DTMF
		want  complaint
	}{
		"all keys":      {DTMF{Digits: "0123456789*#ABCDabcd"}, complaint{}},
		"RFC2833":       {DTMF{Digits: "1", Type: DTMFRFC2833}, complaint{}},
		"INFO":          {DTMF{Digits: "1", Type: DTMFInfo}, complaint{}},
		"INFO_RELAY":    {DTMF{Digits: "1", Type: DTMFInfoRelay}, complaint{}},
		"as many as go": {DTMF{Digits: strings.Repeat("1", 64)}, complaint{}},
		"none":          {DTMF{}, complaint{"dtmf", ReasonRequired}},
		"too many":      {DTMF{Digits: strings.Repeat("1", 65)}, complaint{"dtmf", ReasonTooLong}},
		"no key":        {DTMF{Digits: "12E"}, complaint{"dtmf", ReasonDigits}},
		"a space":       {DTMF{Digits: "1 2"}, complaint{"dtmf", ReasonDigits}},
		"another way":   {DTMF{Digits: "1", Type: "INBAND"}, complaint{"type", ReasonChoice}},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.tones.Validate()
			if tt.want == (complaint{}) {
				require.Nil(t, err)
				return
			}
			require.Equal(t, []complaint{tt.want}, complaints([]*Error{err}))
		})
	}
}
