package interop

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// strangersInvite is an INVITE for somebody the gateway does not know.
func strangersInvite(from net.Addr, number int, agent string) string {
	return strings.Join([]string{
		"INVITE sip:00441904911000@127.0.0.1 SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP %s;rport;branch=z9hG4bK%s%d", from, agent, number),
		"Max-Forwards: 70",
		fmt.Sprintf("From: <sip:100@127.0.0.1>;tag=%d", number),
		"To: <sip:00441904911000@127.0.0.1>",
		fmt.Sprintf("Call-ID: stranger-%s-%d", agent, number),
		"CSeq: 1 INVITE",
		fmt.Sprintf("Contact: <sip:100@%s>", from),
		"User-Agent: " + agent,
		"Content-Length: 0", "", "",
	}, "\r\n")
}

// TestStrangersCalls: calls for nobody are refused at a bounded rate and once each, scanners hear nothing, all are counted,
// and no call comes of any.
func TestStrangersCalls(t *testing.T) {
	const (
		many  = 400
		rate  = 20 // a second
		burst = 40
	)
	g := startGateway(t)
	gatewayAt, err := net.ResolveUDPAddr("udp", g.listener(t, "sip"))
	require.NoError(t, err)
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	send := func(number int, agent string) {
		_, err := conn.WriteTo([]byte(strangersInvite(conn.LocalAddr(), number, agent)), gatewayAt)
		require.NoError(t, err)
	}
	// quiet reads refusals by Call-ID until none has come for a while: a repetition would, after half a second.
	quiet := func() map[string]int {
		refusals, buf := map[string]int{}, make([]byte, 4096)
		for {
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(1500*time.Millisecond)))
			n, _, err := conn.ReadFrom(buf)
			if err != nil {
				return refusals
			}
			text := string(buf[:n])
			if strings.HasPrefix(text, "SIP/2.0 100") {
				continue
			}
			require.True(t, strings.HasPrefix(text, "SIP/2.0 404 ") || strings.HasPrefix(text, "SIP/2.0 403 "), text)
			_, rest, _ := strings.Cut(text, "Call-ID: ")
			id, _, _ := strings.Cut(rest, "\r\n")
			refusals[id]++
		}
	}

	for i, scanner := range []string{"friendly-scanner", "sipvicious", "sipcli/v1.8", "pplsip"} {
		send(i, strings.ReplaceAll(scanner, "/", "."))
	}
	require.Empty(t, quiet(), "scanners are not answered")

	start := time.Now()
	for i := range many {
		send(i, "Phone")
		time.Sleep(5 * time.Millisecond) // the kernel would lose some that come all at once
	}
	refusals := quiet()
	require.GreaterOrEqual(t, len(refusals), burst/2)
	require.LessOrEqual(t, len(refusals), burst+int(rate*time.Since(start).Seconds())+1)
	for id, n := range refusals {
		require.Equal(t, 1, n, "%s was refused again and again", id)
	}
	require.Empty(t, g.api.Snapshot().Calls)
	var counted uint64
	require.Eventually(t, func() bool {
		for _, l := range g.api.Snapshot().Listeners {
			if l.Name == "sip" {
				counted = l.Refused
			}
		}
		return counted >= many
	}, patience, 50*time.Millisecond, "each one is counted")
}
