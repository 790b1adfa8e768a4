package interop

import (
	"crypto/md5" // what RFC 2617 digest asks for
	"encoding/hex"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// TestCalleeAsksForThePassword answers the challenge of a callee and of a proxy, and never shows the password.
func TestCalleeAsksForThePassword(t *testing.T) {
	g := startGateway(t)
	history := g.watch(t)
	for _, test := range []struct{ status, asks, answers string }{
		{"401 Unauthorized", "WWW-Authenticate", "Authorization"},
		{"407 Proxy Authentication Required", "Proxy-Authenticate", "Proxy-Authorization"},
	} {
		t.Run(test.status, func(t *testing.T) {
			t.Parallel()
			id := test.status[:3]
			peer := callee(t, "challenge", map[string]any{"Status": test.status, "Header": test.asks})
			g.dial(t, id, peer.URI(), nil)
			g.waitFor(t, id, "status", "ESTABLISHED", patience)
			g.hangUp(t, id)
			require.Equal(t, gateway.CallFinish, g.ending(t, history, id, patience).Status)
			peer.Finished(t, patience)

			invites := received(t, peer, "INVITE")
			require.Len(t, invites, 2)
			require.NotContains(t, invites[0], "uthorization:")
			requireDigest(t, header(invites[1], test.answers), "gw", "secret", "INVITE")
			require.NotContains(t, peer.Messages(t), "secret")
		})
	}
}

// header is the value of a header in a SIP message.
func header(message, name string) string {
	for line := range strings.Lines(message) {
		if n, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// requireDigest computes the response anew (RFC 2617 section 3.2.2).
func requireDigest(t testing.TB, credentials, user, password, method string) {
	t.Helper()
	p := map[string]string{}
	for _, m := range regexp.MustCompile(`(\w+)="?([^",]*)"?`).FindAllStringSubmatch(credentials, -1) {
		p[m[1]] = m[2]
	}
	hash := func(parts ...string) string {
		sum := md5.Sum([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(sum[:])
	}
	require.Equal(t, user, p["username"], credentials)
	require.Equal(t, "auth", p["qop"])
	require.NotEmpty(t, p["cnonce"])
	want := hash(hash(user, "sipp", password), "8d4fa0", p["nc"], p["cnonce"], p["qop"], hash(method, p["uri"]))
	require.Equal(t, want, p["response"])
}
