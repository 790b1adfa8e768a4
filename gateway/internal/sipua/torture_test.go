package sipua

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

// plainRequest is an OPTIONS that nothing is wrong with, as header lines.
var plainRequest = []string{
	"OPTIONS sip:gw@127.0.0.1 SIP/2.0",
	"Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKtorture",
	"From: <sip:a@b>;tag=1",
	"To: <sip:c@d>",
	"Call-ID: torture",
	"CSeq: 1 OPTIONS",
	"Max-Forwards: 70",
	"Content-Length: 0",
}

// with is the plain request with lines in the place of those of the same name. A line that ends in a colon takes its
// namesake away; more lines of one name are added.
func with(lines ...string) string {
	all := append([]string(nil), plainRequest...)
	replaced := make(map[int]bool)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		at := -1
		for i, old := range plainRequest {
			if known, _, _ := strings.Cut(old, ":"); strings.EqualFold(known, name) && !replaced[i] {
				at = i
			}
		}
		switch {
		case at < 0:
			all = append(all, line)
		case value == "":
			all[at], replaced[at] = "X-Gone: x", true
		default:
			all[at], replaced[at] = line, true
		}
	}
	return strings.Join(all, "\r\n") + "\r\n\r\n"
}

func startLine(line string) string {
	return strings.Replace(with(), plainRequest[0], line, 1)
}

// bad are messages that no agent should take.
func bad() map[string]string {
	return map[string]string{
		"no Via":                     with("Via:"),
		"no From":                    with("From:"),
		"no To":                      with("To:"),
		"no Call-ID":                 with("Call-ID:"),
		"no CSeq":                    with("CSeq:"),
		"empty Call-ID":              with("Call-ID: \t"),
		"Call-ID with a space":       with("Call-ID: a b"),
		"huge CSeq":                  with("CSeq: 2147483648 OPTIONS"),
		"CSeq beyond 32 bits":        with("CSeq: 36893488147419103232 OPTIONS"),
		"negative CSeq":              with("CSeq: -1 OPTIONS"),
		"CSeq of another method":     with("CSeq: 1 INVITE"),
		"two From":                   with("From: <sip:a@b>;tag=1", "From: <sip:e@f>;tag=2"),
		"two Call-ID, one compact":   with("i: other"),
		"two Content-Length":         with("Content-Length: 0", "Content-Length: 5"),
		"body of 4 GiB":              with("Content-Length: 4294967295"),
		"body beyond 64 bits":        with("Content-Length: 99999999999999999999999"),
		"negative body":              with("Content-Length: -1"),
		"body shorter than said":     with("Content-Length: 10"),
		"SIP/7.0":                    startLine("OPTIONS sip:gw@127.0.0.1 SIP/7.0"),
		"method that is no token":    startLine("OPT{}IONS sip:gw@127.0.0.1 SIP/2.0"),
		"no request address":         startLine("OPTIONS  SIP/2.0"),
		"request address with *":     startLine("OPTIONS * SIP/2.0"),
		"request address, no host":   startLine("OPTIONS sip:@ SIP/2.0"),
		"spaces in the start line":   startLine("OPTIONS sip:gw@127.0.0.1 ;lr SIP/2.0"),
		"start line only":            "OPTIONS sip:gw@127.0.0.1 SIP/2.0",
		"status 42":                  startLine("SIP/2.0 42 Early"),
		"status 4294967301":          startLine("SIP/2.0 4294967301 Wrapped"),
		"line without an end":        strings.TrimSuffix(with(), "\r\n\r\n"),
		"10000 headers":              with(strings.Repeat("X: y\r\n", 10000) + "X: y"),
		"bare line feeds":            strings.ReplaceAll(with(), "\r\n", "\n"),
		"header without a colon":     with("this is no header"),
		"bytes that are no text":     "OPTIONS \xff\xfe\x00\x01 SIP/2.0\r\n\x80\x81: \xff\r\n\r\n",
		"a header of 60000 brackets": with("Contact: " + strings.Repeat("<", 60000)),
	}
}

// odd are messages that look strange and are right (RFC 4475 has their like).
func odd() map[string]string {
	return map[string]string{
		"compact names": "OPTIONS sip:gw@127.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKtorture\r\n" +
			"f: <sip:a@b>;tag=1\r\nt: <sip:c@d>\r\ni: torture\r\nCSeq: 1 OPTIONS\r\nk: timer\r\nl: 0\r\n\r\n",
		"folded lines":             with("To:\r\n  <sip:c@d>\r\n ;\r\n\tx=y"),
		"names in any case":        with("cSEQ: 0001 OPTIONS", "cALL-iD: torture"),
		"unknown headers":          with("X-Unheard-Of: \xc3\xa4 \"\\\"", "NewFangled: newfangled value"),
		"escaped user":             startLine("OPTIONS sip:%61%6Cice%20b%00@127.0.0.1 SIP/2.0"),
		"parameters in the user":   startLine("OPTIONS sip:user;par=u%40example.net@127.0.0.1 SIP/2.0"),
		"version in small letters": startLine("OPTIONS sip:gw@127.0.0.1 sip/2.0"),
		"no Content-Length":        with("Content-Length:"),
		"more than was said":       with() + "and a tail to be ignored",
		"quoted name":              with(`From: "J \"quote\" <x>, ;y" <sip:a@b>;tag=1`),
	}
}

func TestTorture(t *testing.T) {
	a, p := startAgent(t, func(a *Agent) { a.strangers = newBucket(1e6, 1e6) }), udpPeer(t)
	to := net.UDPAddrFromAddrPort(a.Addr())
	// Each message is followed by one whose answer shows that the agent is alive and the message was dealt with.
	probe := func() {
		p.stranger(a, "OPTIONS", "")
		p.expectStatus(sip.OPTIONS, 200)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	want := uint64(0)
	for name, text := range bad() {
		p.send(to, []byte(text))
		probe()
		want++
		require.Equal(t, want, a.Stats().Garbage, name)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(16<<20), "bytes kept")
	for name, text := range odd() {
		text = strings.Replace(text, "z9hG4bKtorture", sip.GenerateBranch(), 1)
		text = strings.Replace(text, "127.0.0.1;branch", fmt.Sprintf("%s;branch", p.addr), 1)
		p.send(to, []byte(text))
		res := p.expectStatus(sip.OPTIONS, 200)
		require.Equal(t, "torture", res.CallID().Value(), name)
		require.Equal(t, want, a.Stats().Garbage, name)
	}
}

// TestTortureByStream sends each of the bad messages on a connection of its own, which is closed for it. What is no error on
// a stream is left out: more bytes may follow.
func TestTortureByStream(t *testing.T) {
	a := startAgent(t, func(a *Agent) {
		a.strangers = newBucket(1e6, 1e6)
		a.timing.message = 300 * time.Millisecond
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	want := uint64(0)
	for name, text := range bad() {
		conn, err := net.Dial("tcp", a.Addr().String())
		require.NoError(t, err)
		_, _ = io.WriteString(conn, strings.Replace(text, "SIP/2.0/UDP", "SIP/2.0/TCP", 1))
		requireCut(t, conn, name)
		want++
		require.Equal(t, want, a.Stats().Garbage, name)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(16<<20), "bytes kept")
}

// requireCut fails unless the agent closes a connection.
func requireCut(t *testing.T, conn net.Conn, name string) {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
	_, err := io.Copy(io.Discard, conn)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "%s: the connection stayed open", name)
	require.NoError(t, conn.Close())
}

// TestSlowStreams: a message that does not end, and a connection that says nothing, hold nothing for long. One that has
// spoken may be silent.
func TestSlowStreams(t *testing.T) {
	const patience = time.Second
	a := startAgent(t, func(a *Agent) { a.timing.message = patience })
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", a.Addr().String())
		require.NoError(t, err)
		return conn
	}
	polite := dial()
	defer func() { _ = polite.Close() }()
	whole := strings.Replace(with(), "SIP/2.0/UDP", "SIP/2.0/TCP", 1)
	ask := func() {
		_, err := io.WriteString(polite, strings.Replace(whole, "z9hG4bKtorture", sip.GenerateBranch(), 1))
		require.NoError(t, err)
		buf := make([]byte, 4096)
		n, err := polite.Read(buf)
		require.NoError(t, err)
		require.Contains(t, string(buf[:n]), "SIP/2.0 200")
	}
	ask()
	requireCut(t, dial(), "silent")
	slow := dial()
	start := time.Now()
	for _, c := range []byte(whole) { // a byte at a time, each in time
		if _, err := slow.Write([]byte{c}); err != nil {
			break
		}
		time.Sleep(patience / 10)
	}
	requireCut(t, slow, "slow")
	require.Less(t, time.Since(start), time.Duration(len(whole))*patience/10, "before the message was whole")
	require.Equal(t, uint64(2), a.Stats().Garbage)
	ask()
}
