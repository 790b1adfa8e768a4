package sipua

import (
	"log/slog"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

func TestCalleeURI(t *testing.T) {
	for callee, want := range map[string]string{
		"bob":                                  "sip:bob@example.com:5070",
		"+4930 1":                              "",
		"+49301":                               "sip:+49301@example.com:5070",
		"bob@other.org":                        "sip:bob@other.org",
		"bob@127.0.0.1:5080":                   "sip:bob@127.0.0.1:5080",
		"sip:bob@127.0.0.1:5080;transport=tcp": "sip:bob@127.0.0.1:5080;transport=tcp",
		"SIP:bob@host":                         "sip:bob@host",
		"sip:bob@[::1]:5080":                   "sip:bob@[::1]:5080",
		"sip:bob@host?Subject=x":               "sip:bob@host",
		"sips:bob@host":                        "sips:bob@host",
		"tel:+49301":                           "",
		"":                                     "",
	} {
		u, err := calleeURI(callee, "example.com:5070")
		if want == "" {
			require.ErrorIs(t, err, errBadAddress, callee)
			continue
		}
		require.NoError(t, err, callee)
		require.Equal(t, want, u.String())
	}
}

func TestFirstHop(t *testing.T) {
	for _, c := range []struct {
		name   string
		acc    gateway.Account
		callee string
		line   string
		hop    string
		route  string
	}{
		{"domain", gateway.Account{Domain: "d.org"}, "bob", "sip:bob@d.org", "UDP d.org 5060", ""},
		{"domain with port", gateway.Account{Domain: "d.org:5070", Port: 5099}, "bob", "sip:bob@d.org:5070", "UDP d.org 5070", ""},
		{"account port", gateway.Account{Domain: "d.org", Port: 5099}, "bob", "sip:bob@d.org:5099", "UDP d.org 5099", ""},
		{"elsewhere", gateway.Account{Domain: "d.org", Port: 5099}, "sip:bob@e.org", "sip:bob@e.org", "UDP e.org 5060", ""},
		{"callee port", gateway.Account{Domain: "d.org", Port: 5099}, "bob@d.org:7", "sip:bob@d.org:7", "UDP d.org 7", ""},
		{"callee transport", gateway.Account{Domain: "d.org"}, "sip:bob@e.org;transport=TCP", "sip:bob@e.org;transport=TCP", "TCP e.org 5060", ""},
		{"account transport", gateway.Account{Domain: "d.org", Transport: "tcp"}, "bob", "sip:bob@d.org", "TCP d.org 5060", ""},
		{"proxy", gateway.Account{Domain: "d.org", OutboundProxy: "p.org", Port: 5099}, "bob", "sip:bob@d.org", "UDP p.org 5099", "sip:p.org:5099;lr"},
		{"proxy port", gateway.Account{Domain: "d.org", OutboundProxy: "p.org:5071", Port: 5099}, "bob", "sip:bob@d.org", "UDP p.org 5071", "sip:p.org:5071;lr"},
		{"proxy as uri", gateway.Account{Domain: "d.org", OutboundProxy: "sip:p.org:5071;lr", Transport: "tcp"}, "bob", "sip:bob@d.org", "TCP p.org 5071", "sip:p.org:5071;transport=tcp;lr"},
		{"proxy is the domain", gateway.Account{Domain: "d.org", OutboundProxy: "D.org:5071"}, "bob", "sip:bob@d.org", "UDP D.org 5071", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := calleeURI(c.callee, c.acc.Domain)
			require.NoError(t, err)
			u, err = atAccountPort(c.acc, u)
			require.NoError(t, err)
			require.Equal(t, c.line, u.String())
			h, err := firstHop(c.acc, u)
			require.NoError(t, err)
			require.Equal(t, c.hop, h.transport+" "+h.host+" "+strconv.Itoa(h.port))
			route := ""
			if h.route != nil {
				route = h.route.String()
			}
			require.Equal(t, c.route, route)
		})
	}
}

func TestText(t *testing.T) {
	require.Equal(t, `a\"b\\c d`, quotedText("a\"b\\c\nd "))
	require.Equal(t, "a%20b%40c%3C%0D", escapeUser("a b@c<\r"))
	require.True(t, word("call-1@host"))
	require.False(t, word("a b"))
	require.False(t, word("a\r\nX: y"))
	require.False(t, word(""))
}

func TestLocalIP(t *testing.T) {
	acc := gateway.Account{Login: "a", Domain: "127.0.0.1"}
	for _, c := range []struct {
		params Params
		want   string
	}{
		{Params{Host: "127.0.0.1"}, "127.0.0.1"},
		{Params{}, "127.0.0.1"}, // bound to every address: the one on the route
		{Params{PublicIP: "203.0.113.7"}, "203.0.113.7"},
	} {
		c.params.Log = slog.New(slog.DiscardHandler)
		a, err := New(c.params)
		require.NoError(t, err)
		require.NoError(t, a.Start())
		ip, err := a.LocalIP(acc)
		require.NoError(t, err)
		require.Equal(t, c.want, ip.String())
		require.NoError(t, a.Close(t.Context()))
	}
	_, err := New(Params{PublicIP: "nonsense"})
	require.Error(t, err)
}
