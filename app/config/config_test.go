package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"callcast/gateway"
)

func fileWith(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "callcast.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// TestTemplateIsTheDefaults keeps the manual true: each setting stands in it once, with its default.
func TestTemplateIsTheDefaults(t *testing.T) {
	var written map[string]any
	require.NoError(t, yaml.Unmarshal(manual(t), &written))
	var cfg gateway.Config
	all := settings(&cfg)
	blocks := lists(&cfg)
	require.Len(t, written, len(all)+len(blocks))
	for _, s := range all {
		require.Contains(t, written, s.key)
	}
	for _, l := range blocks {
		require.Contains(t, written, l.key)
	}
	require.NoError(t, parse(manual(t), &cfg))
	require.Equal(t, gateway.DefaultConfig(), cfg)
}

func TestEverySettingIsRead(t *testing.T) {
	cfg, err := Load(fileWith(t, `
rest_host: "::1"
rest_port: 0
rtmp_host: ""
rtmp_port: 1936
webrtc_host: 10.0.0.2
webrtc_port: 8890
webrtc_stun: stun.example.com:3478
webrtc_turn: turn.example.com:3478
webrtc_turn_user: u
webrtc_turn_password: p
ws_host: 10.0.0.3
ws_port: 8090
wss_host: 10.0.0.4
wss_port: 8490
tls_certificate: /etc/cert.pem
tls_key: /etc/key.pem
sip_host: 10.0.0.1
sip_port: "5062"
sip_public_ip: 203.0.113.9
sip_register_expiry: 90s
sip_no_answer: 2m30s
sip_100rel: false
sip_follow_transfers: false
sip_stun: stun.example.com:3479
sip_tls_ca: /etc/ca.pem
codecs: PCMU
media_port_from: 40000
media_port_to: 40003
slate_without_video: false
rtmp_transponder_stream_name_prefix: ~
media_dir: /srv/sounds
disable_streaming_proxy: true
`))
	require.NoError(t, err)
	require.Equal(t, gateway.Config{
		REST: gateway.ListenConfig{Host: "::1"},
		RTMP: gateway.ListenConfig{Port: 1936},
		WebRTC: gateway.WebRTCConfig{
			ListenConfig: gateway.ListenConfig{Host: "10.0.0.2", Port: 8890},
			STUN:         "stun.example.com:3478", TURN: "turn.example.com:3478", TURNUser: "u", TURNPassword: "p",
		},
		WebSDK:    gateway.ListenConfig{Host: "10.0.0.3", Port: 8090},
		WebSDKTLS: gateway.ListenConfig{Host: "10.0.0.4", Port: 8490},
		TLS:       gateway.TLSConfig{Certificate: "/etc/cert.pem", Key: "/etc/key.pem"},
		SIP: gateway.SIPConfig{
			Host: "10.0.0.1", Port: 5062, PublicIP: "203.0.113.9", RegisterExpiry: 90 * time.Second,
			NoAnswer: 150 * time.Second, STUN: "stun.example.com:3479", TLSAuthority: "/etc/ca.pem", Codecs: "PCMU",
		},
		RTP:   gateway.RTPConfig{PortMin: 40000, PortMax: 40003},
		Media: gateway.MediaConfig{SoundDir: "/srv/sounds", Transcode: true},
	}, cfg)
}

func TestWhatIsNotSetIsTheDefault(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "~\n"} {
		cfg, err := Load(fileWith(t, text))
		require.NoError(t, err)
		require.Equal(t, gateway.DefaultConfig(), cfg)
	}
	cfg, err := Load(fileWith(t, "rest_port: 9091\n"))
	require.NoError(t, err)
	want := gateway.DefaultConfig()
	want.REST.Port = 9091
	require.Equal(t, want, cfg)
}

// TestExamples: what the manual shows as examples can be used, and shows every key.
func TestExamples(t *testing.T) {
	var text strings.Builder
	var inside bool
	for line := range strings.Lines(string(manual(t))) {
		example, ok := strings.CutPrefix(line, "#   ")
		if inside = ok && (inside || strings.HasSuffix(strings.TrimSpace(example), ":")); inside {
			text.WriteString(example)
		}
	}
	cfg, err := Load(fileWith(t, text.String()))
	require.NoError(t, err, text.String())
	require.Equal(t, []gateway.RegisterSpec{
		{Account: gateway.Account{Login: "studio", Password: "1234", Domain: "sip.example.com"}},
		{ID: "backup", Account: gateway.Account{
			Login: "studio", Password: "1234", Domain: "sip.example.org", OutboundProxy: "proxy.example.org", Port: 5061,
			Transport: gateway.TransportTLS, TLS: gateway.AccountTLS{ServerName: "sip.example.org"},
			SRTP: gateway.SRTPOptional, Codecs: "PCMU,H264",
		}},
	}, cfg.SIP.Accounts)
	require.Equal(t, []gateway.AnswerRule{
		{Callee: "studio", Stream: "studio", RTMPURL: "rtmp://a.rtmp.example.com/live2", RTMPStream: "key"},
		{Callee: "guest*", Caller: "+49*", Stream: "{callee}-{caller}", Maximum: 4},
	}, cfg.SIP.Rules)
	for _, l := range lists(&cfg) {
		for _, s := range l.add() {
			require.Contains(t, string(manual(t)), s.key)
		}
	}
}

func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"rest_prot: 1":                                 `line 1: "rest_prot" is not a setting: did you mean "rest_port"?`,
		"\nREST_PORT: 1":                               `line 2: "REST_PORT" is not a setting: did you mean "rest_port"?`,
		"slate_with_video: true":                       `did you mean "slate_without_video"?`,
		"rest_port: http":                              `rest_port "http": give a port from 1 to 65535, or 0`,
		"sip_port: 65536":                              `sip_port "65536": give a port`,
		"rtmp_port: -1":                                `rtmp_port "-1": give a port`,
		"rtmp_port:":                                   `rtmp_port "": give a port`,
		"rest_port: [1]":                               "rest_port holds a list or a block: give a single value",
		"rest_port: 1\nrest_port: 2":                   "line 2: rest_port is set twice: keep one",
		"rest_host: 127.0.0.1:80":                      `rest_host "127.0.0.1:80": give an IP address or a host name without port`,
		"sip_public_ip: example.com":                   `sip_public_ip "example.com": give an IP address`,
		"sip_no_answer: 60":                            `sip_no_answer "60": give a time of 1s or more, like 90s or 10m`,
		"sip_register_expiry: 1ms":                     `sip_register_expiry "1ms": give a time`,
		"slate_without_video: yes":                     `slate_without_video "yes": give true or false`,
		"rtmp_transponder_stream_name_prefix: a/b":     `rtmp_transponder_stream_name_prefix "a/b": leave out`,
		"media_port_from: 32998":                       "media_port_from 32998, media_port_to 32999: the range holds less than the 2 pairs",
		"media_port_from: 40001\nmedia_port_to: 40004": "the range holds less than the 2 pairs",
		"media_port_from: 0":                           "the range holds less",
		"media_port_from: 80":                          `media_port_from "80": give a port from 1024 to 65535`,
		"- a list":                                     `line 1: write one "key: value" a line`,
		"rest_port: 8081: 1":                           "this is not YAML",
		"rest_port: x\nsip_port: y":                    `sip_port "y"`, // every mistake is told
		"a: &a [1]\nrest_port: *a":                     "rest_port holds a list or a block",
	} {
		requireMistake(t, text, want)
	}
}

func requireMistake(t *testing.T, text, want string) {
	t.Helper()
	path := fileWith(t, text)
	_, err := Load(path)
	require.ErrorContains(t, err, want, text)
	require.ErrorContains(t, err, path)
}

func TestMistakesInLists(t *testing.T) {
	for text, want := range map[string]string{
		"sip_accuonts: []":                                     `did you mean "sip_accounts"?`,
		"sip_accounts: 1":                                      `line 1: sip_accounts holds no list: begin each entry with "- "`,
		"sip_accounts:\n  - 1":                                 `line 2: sip_accounts[0]: write one "key: value" a line`,
		"sip_accounts: []\nsip_accounts: []":                   "line 2: sip_accounts is set twice: keep one",
		"sip_accounts:\n  - sipLogin: a":                       "sip_accounts[0].sipDomain is missing",
		"sip_accounts:\n  - {sipLogin: a, sipDomain: d, x: 1}": `line 2: "sip_accounts[0].x" is not a setting: did you mean "sip_accounts[0].id"?`,
		"sip_accounts:\n  - {sipLogin: a, sipDomain: d}\n  - {sipLogin: b, sipDomain: d, sipPort: x}": `sip_accounts[1].sipPort "x": give a port`,
		"sip_accounts:\n  - {sipLogin: a, sipDomain: d, sipTransport: sctp}":                          `sip_accounts[0].sipTransport "sctp": use udp, tcp or tls`,
		"sip_accounts:\n  - {sipLogin: a, sipDomain: d}\n  - {sipLogin: a, sipDomain: d}":             `sip_accounts[1].id "a@d": another account has this id`,
		"answer_rules:\n  - {maximum: 0}":                                                             `answer_rules[0].maximum "0": give how many`,
		"answer_rules:\n  - callee: [a]":                                                              "answer_rules[0].callee holds a list or a block",
		"answer_rules:\n  - {callee: a, callee: b}":                                                   "answer_rules[0].callee is set twice: keep one",
		"answer_rules:\n  - {toStream: a b}":                                                          `answer_rules[0].toStream "a b": use letters`,
		"answer_rules:\n  - {rtmpUrl: 'http://h/a', rtmpStream: secret}":                              "answer_rules[0].rtmpUrl",
	} {
		requireMistake(t, text, want)
	}
}

func TestMissingFile(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	cfg, err := Load("")
	require.NoError(t, err)
	require.Equal(t, gateway.DefaultConfig(), cfg)

	_, err = Load(filepath.Join(t.TempDir(), "typo.yaml"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// manual is the commented file that stands beside the package.
func manual(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("callcast.yaml")
	require.NoError(t, err)
	return text
}

// FuzzParse: no text panics, and what is accepted lies within bounds.
func FuzzParse(f *testing.F) {
	f.Add(manual(f))
	f.Add([]byte("rest_port: &a 1\nrtmp_port: *a\n<<: {sip_port: 2}"))
	f.Add([]byte("? [x]\n: y"))
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg := gateway.DefaultConfig()
		if parse(text, &cfg) != nil {
			return
		}
		for _, port := range []int{cfg.REST.Port, cfg.RTMP.Port, cfg.WebRTC.Port, cfg.SIP.Port, cfg.RTP.PortMin, cfg.RTP.PortMax} {
			if port < 0 || port > 65535 {
				t.Fatalf("port %d", port)
			}
		}
	})
}
