package sipua

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

// stranger sends a request that belongs to nothing.
func (p *peer) stranger(a *Agent, method, toTag string, headers ...string) {
	to := net.UDPAddrFromAddrPort(a.Addr())
	if toTag != "" {
		toTag = ";tag=" + toTag
	}
	lines := []string{
		fmt.Sprintf("%s sip:gw@%s SIP/2.0", method, a.Addr()),
		fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=%s", p.addr, sip.GenerateBranch()),
		"From: <sip:mallory@127.0.0.1>;tag=m", "To: <sip:gw@127.0.0.1>" + toTag,
		"Call-ID: " + sip.GenerateTagN(12), "CSeq: 1 " + method, "Max-Forwards: 70",
	}
	lines = append(lines, headers...)
	p.send(to, []byte(strings.Join(append(lines, "Content-Length: 0", "", ""), "\r\n")))
}

func TestStrangers(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	p.stranger(a, "OPTIONS", "", "User-Agent: friendly-scanner")
	for _, c := range []struct {
		method, toTag string
		status        int
	}{
		{"OPTIONS", "", 200},
		{"INVITE", "", 403},
		{"INVITE", "x", 481},
		{"BYE", "x", 481},
		{"INFO", "x", 481},
		{"CANCEL", "", 481},
		{"REGISTER", "", 501},
		{"NOTIFY", "", 501},
	} {
		p.stranger(a, c.method, c.toTag)
		res := p.expectStatus(sip.RequestMethod(c.method), c.status)
		require.NotContains(t, res.raw, "Callcast")
		if c.method == "OPTIONS" {
			require.Equal(t, allowedMethods, res.GetHeaders("Allow")[0].Value())
		}
	}
	p.forget()
	p.stranger(a, "ACK", "x") // never answered
	p.expectNothing(sip.OPTIONS, 2*testT1)
	require.Equal(t, uint64(8), a.Stats().Refused)
}

func TestStrangersAreAnsweredAtABoundedRate(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	start := time.Now()
	const asked = 10 * strangerBurst
	for range asked {
		p.stranger(a, "INVITE", "")
	}
	answered := 0
	for quiet := false; !quiet; {
		select {
		case <-p.in:
			answered++
		case <-time.After(5 * testT1):
			quiet = true
		}
	}
	require.GreaterOrEqual(t, answered, strangerBurst/2)
	require.LessOrEqual(t, answered, strangerBurst+int(strangerRate*time.Since(start).Seconds())+1)
}

func TestGarbageDatagramsAreCounted(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	whole := "OPTIONS sip:gw@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n"
	garbage := []string{
		"hello", "\x00\x00\x00\x00", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", strings.Repeat("A", 60000),
		"INVITE sip:x SIP/2.0\r\n\r\n",
		strings.Replace(whole, "Call-ID: x\r\n", "", 1),
		strings.Replace(whole, "CSeq: 1 OPTIONS", "CSeq: 1 BYE", 1),
		strings.Replace(whole, "\r\n\r\n", "\r\nContent-Length: 4294967295\r\n\r\nx", 1),
		"SIP/2.0 200 OK\r\n\r\n",
	}
	to := net.UDPAddrFromAddrPort(a.Addr())
	for _, g := range garbage {
		p.send(to, []byte(g))
	}
	p.send(to, []byte("\r\n\r\n")) // a keep-alive is none
	p.stranger(a, "OPTIONS", "")
	p.expectStatus(sip.OPTIONS, 200)
	require.Equal(t, uint64(len(garbage)), a.Stats().Garbage)
}

func TestGarbageStreamsAreClosed(t *testing.T) {
	a := startAgent(t)
	for i, g := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"\x16\x03\x01\r\n\r\n",
		"INVITE sip:x@y SIP/2.0\r\n" + strings.Repeat("X: y\r\n", 20000),
		strings.Repeat("A", 70000),
	} {
		conn, err := net.Dial("tcp", a.Addr().String())
		require.NoError(t, err)
		_, _ = io.WriteString(conn, g)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience/4))) // less than a slow message may take
		_, err = conn.Read(make([]byte, 1))
		require.Error(t, err)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection stayed open")
		require.NoError(t, conn.Close())
		require.Equal(t, uint64(i+1), a.Stats().Garbage)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	a := startAgent(t)
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	for range maxStreamsFromOne + 1 {
		c, err := net.Dial("tcp", a.Addr().String())
		require.NoError(t, err)
		conns = append(conns, c)
	}
	last := conns[maxStreamsFromOne]
	require.NoError(t, last.SetReadDeadline(time.Now().Add(patience)))
	_, err := last.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

func TestPortTaken(t *testing.T) {
	a := startAgent(t)
	b, err := New(Params{Host: "127.0.0.1", Port: int(a.Addr().Port()), Log: a.log})
	require.NoError(t, err)
	err = b.Start()
	require.ErrorContains(t, err, "address already in use")
	require.NoError(t, b.Close(t.Context()))
}
