package interop

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
)

// manyLines are 500 more lines of media.
var manyLines = strings.Repeat("m=audio 9 RTP/AVP 8\n", 500)

// TestBadInputDuringACall throws at the gateway what no honest peer sends, while a call is on air: all of it is refused and
// counted, and what is recorded of the call is whole.
func TestBadInputDuringACall(t *testing.T) {
	nginx := peers.StartNginx(t)
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t, func(c *gateway.Config) { c.SIP.Rules = []gateway.AnswerRule{{Callee: "studio"}} })
	g.dial(t, "air", phone.URI(), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": "air"})
	g.waitFor(t, "air", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	begun := time.Now()
	for _, bad := range []struct {
		name string
		test func(*testing.T, *gatewayUnderTest)
	}{
		{"descriptions of 500 lines", wideDescriptions},
		{"bodies of 4 GiB", hugeBodies},
		{"headers missing", missingHeaders},
		{"headers without end", endlessHeaders},
		{"floods", floods},
		{"media of strangers", strangersMedia},
	} {
		t.Run(bad.name, func(t *testing.T) { bad.test(t, g) })
	}
	require.Equal(t, "ESTABLISHED", g.find(t, "air")["status"])
	require.Len(t, g.api.Snapshot().Calls, 1)
	onAir := time.Since(begun)
	g.hangUp(t, "air")
	requireClip(t, recorded(t, nginx, "air"), onAir-2*time.Second)
}

// metric is the value of a line of /metrics, or 0 while there is none.
func (g *gatewayUnderTest) metric(t testing.TB, line string) float64 {
	t.Helper()
	res, err := http.Get(g.rest + "/metrics")
	require.NoError(t, err)
	text, err := io.ReadAll(res.Body)
	require.NoError(t, errors.Join(err, res.Body.Close()))
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(line) + ` (\S+)$`).FindSubmatch(text)
	if found == nil {
		return 0
	}
	value, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(t, err)
	return value
}

// requireMore fails unless a metric grows by so much.
func (g *gatewayUnderTest) requireMore(t testing.TB, line string, than, by float64) {
	t.Helper()
	require.Eventually(t, func() bool { return g.metric(t, line) >= than+by }, patience, 50*time.Millisecond,
		"%s: %v and not %v more than %v", line, g.metric(t, line), by, than)
}

const (
	sipRefused   = `callcast_listener_refused_total{name="sip"}`
	callsRefused = "callcast_incoming_calls_refused_total"
	discarded    = `callcast_stream_discarded_packets_total{stream="air",media="audio"}`
)

// wideDescriptions come in an answer, in an offer and in a change of a call.
func wideDescriptions(t *testing.T, g *gatewayUnderTest) {
	history := g.watch(t)
	answers := callee(t, "script", script(map[string]any{"First": sound(1, "More", manyLines)}))
	g.dial(t, "wide", answers.URI(), nil)
	require.Equal(t, gateway.EndNoMedia, g.ending(t, history, "wide", patience).Ending.Reason)
	answers.Finished(t, patience)

	before := g.metric(t, callsRefused)
	body := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + strings.ReplaceAll(manyLines, "\n", "\r\n")
	caller := newStranger(t, g)
	caller.send(t, "INVITE sip:studio", "Content-Type: application/sdp", body)
	require.Contains(t, caller.hear(t), "SIP/2.0 488 ")
	g.requireMore(t, callsRefused, before, 1)

	changes := scripted(t,
		[]step{{Send: "INVITE", SDP: sound(2, "More", manyLines)}, {Response: "488"}, {Ack: "488"}})
	g.dial(t, "changes", changes.URI(), nil)
	g.waitFor(t, "changes", "status", "ESTABLISHED", patience)
	g.requireBeepsNow(t, "changes")
	require.Len(t, answersTo(t, changes, "INVITE"), 1)
	g.hangUp(t, "changes")
	changes.Finished(t, patience)
}

// hugeBodies are announced and do not come: the connection is closed.
func hugeBodies(t *testing.T, g *gatewayUnderTest) {
	for _, length := range []string{"4294967296", "4294967295", "18446744073709551616", "-1"} {
		before := g.metric(t, sipRefused)
		caller := newStranger(t, g)
		message := strings.Replace(caller.message("INVITE sip:studio", "", ""), "Content-Length: 0", "Content-Length: "+length, 1)
		requireCut(t, g, message+"v=0\r\n")
		g.requireMore(t, sipRefused, before, 1)
	}
}

// missingHeaders are those without which a message cannot be answered.
func missingHeaders(t *testing.T, g *gatewayUnderTest) {
	for _, name := range []string{"Via", "To", "From", "Call-ID", "CSeq"} {
		before := g.metric(t, sipRefused)
		caller := newStranger(t, g)
		message := regexp.MustCompile(`(?m)^`+name+`:.*\r\n`).ReplaceAllString(caller.message("INVITE sip:studio", "", ""), "")
		caller.write(t, message)
		requireCut(t, g, message)
		g.requireMore(t, sipRefused, before, 2)
		require.Empty(t, caller.heard(t), name)
	}
}

// endlessHeaders are many, one of them is long, or they have no end.
func endlessHeaders(t *testing.T, g *gatewayUnderTest) {
	before := g.metric(t, sipRefused)
	caller := newStranger(t, g)
	caller.write(t, caller.message("INVITE sip:studio", strings.TrimSuffix(strings.Repeat("X: y\r\n", 8000), "\r\n"), ""))
	require.Empty(t, caller.heard(t))
	g.requireMore(t, sipRefused, before, 1)
	start, _, _ := strings.Cut(caller.message("INVITE sip:studio", "", ""), "Content-Length")
	requireCut(t, g, start+strings.Repeat("X: y\r\n", 1<<18))
	requireCut(t, g, start+"X: "+strings.Repeat("y", 1<<20))
	g.requireMore(t, sipRefused, before, 3)
}

// floods are answered at a bounded rate.
func floods(t *testing.T, g *gatewayUnderTest) {
	const (
		many  = 300
		rate  = 20 // a second
		burst = 40
	)
	for method, status := range map[string]string{"REGISTER": "501", "OPTIONS": "200", "SUBSCRIBE": "501"} {
		before, begun := g.metric(t, sipRefused), time.Now()
		caller := newStranger(t, g)
		for range many {
			caller.send(t, method+" sip:studio", "", "")
			time.Sleep(5 * time.Millisecond) // the kernel would lose some that come all at once
		}
		answers := caller.heard(t)
		bound := burst + int(rate*time.Since(begun).Seconds()) + 1
		t.Logf("%s: %d of %d answered in %v", method, len(answers), many, time.Since(begun))
		require.NotEmpty(t, answers)
		require.LessOrEqual(t, len(answers), bound)
		for _, answer := range answers {
			require.True(t, strings.HasPrefix(answer, "SIP/2.0 "+status), answer)
		}
		g.requireMore(t, sipRefused, before, float64(many-bound))
	}
}

// strangersMedia comes to the ports of a call from elsewhere.
func strangersMedia(t *testing.T, g *gatewayUnderTest) {
	before := g.metric(t, discarded)
	media, control := g.soundPorts(t, "air")
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	const many = 100
	for n := range byte(many) {
		packet := append([]byte{0x80, 8, 0, n, 0, 0, 0, n, 1, 2, 3, 4}, make([]byte, 160)...)
		_, err := conn.WriteTo(packet, media)
		require.NoError(t, err)
		for _, bye := range falseGoodbyes() {
			_, err := conn.WriteTo(bye, control)
			require.NoError(t, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	g.requireMore(t, discarded, before, many*float64(1+len(falseGoodbyes()))*0.9)
}

// falseGoodbyes are RTCP BYEs that claim to be longer than they are, or name more sources than they hold.
func falseGoodbyes() [][]byte {
	return [][]byte{
		{0x81, 203, 0xff, 0xff, 1, 2, 3, 4},
		{0x81, 203, 0, 2, 1, 2, 3, 4},
		{0x9f, 203, 0, 1, 1, 2, 3, 4},
		{0x81, 203, 0, 2, 1, 2, 3, 4, 0xff, 'b', 'y', 'e'},
	}
}

// soundPorts are where a call that the gateway placed takes sound and its reports.
func (g *gatewayUnderTest) soundPorts(t testing.TB, id string) (media, control *net.UDPAddr) {
	t.Helper()
	l, err := g.api.Ladder(t.Context(), id)
	require.NoError(t, err)
	port := regexp.MustCompile(`m=audio (\d+)`).FindStringSubmatch(l.Messages[0].Text)
	require.Len(t, port, 2)
	first, err := strconv.Atoi(port[1])
	require.NoError(t, err)
	loopback := net.IPv4(127, 0, 0, 1)
	return &net.UDPAddr{IP: loopback, Port: first}, &net.UDPAddr{IP: loopback, Port: first + 1}
}

// TestFalseGoodbye: a telephone's own RTCP lies about its length. Each packet is counted, and its sound stays on air.
func TestFalseGoodbye(t *testing.T) {
	g := startGateway(t)
	const port = 6 // SIPp sends from there without holding it
	peer := callee(t, "script", script(
		map[string]any{"First": sound(1, "Port", fmt.Sprintf("[media_port+%d]", port))},
		[]step{{Play: fmt.Sprintf("play_pcap_audio=%q", peers.WriteSound(t, 20).Capture)}}))
	control, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", peer.Port+2+port+1))
	require.NoError(t, err)
	defer func() { _ = control.Close() }()
	g.dial(t, "air", peer.URI(), nil)
	g.waitFor(t, "air", "status", "ESTABLISHED", patience)
	_, to := g.soundPorts(t, "air")
	g.requireBeepsNow(t, "air")
	before := g.metric(t, discarded)
	for _, bye := range falseGoodbyes() {
		_, err := control.WriteTo(bye, to)
		require.NoError(t, err)
	}
	g.requireMore(t, discarded, before, float64(len(falseGoodbyes())))
	g.requireBeepsNow(t, "air")
	g.hangUp(t, "air")
	peer.Finished(t, patience)
}

// stranger is somebody at a socket of his own whom the gateway does not know.
type stranger struct {
	net.Conn
	sent int
}

func newStranger(t testing.TB, g *gatewayUnderTest) *stranger {
	t.Helper()
	conn, err := net.Dial("udp", g.listener(t, "sip"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return &stranger{Conn: conn}
}

// message is a new request with one more header, if that is not empty.
func (s *stranger) message(request, header, body string) string {
	s.sent++
	method, _, _ := strings.Cut(request, " ")
	lines := []string{
		request + "@127.0.0.1 SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP %s;rport;branch=z9hG4bKbad%d", s.LocalAddr(), s.sent),
		"Max-Forwards: 70",
		fmt.Sprintf("From: <sip:100@127.0.0.1>;tag=%d", s.sent),
		"To: <sip:studio@127.0.0.1>",
		fmt.Sprintf("Call-ID: bad-%s-%d", s.LocalAddr(), s.sent),
		"CSeq: 1 " + method,
		fmt.Sprintf("Contact: <sip:100@%s>", s.LocalAddr()),
	}
	if header != "" {
		lines = append(lines, header)
	}
	return strings.Join(append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body), "\r\n")
}

func (s *stranger) send(t testing.TB, request, header, body string) {
	t.Helper()
	s.write(t, s.message(request, header, body))
}

func (s *stranger) write(t testing.TB, text string) {
	t.Helper()
	_, err := s.Write([]byte(text))
	require.NoError(t, err)
}

// hear returns the next answer but a 100.
func (s *stranger) hear(t testing.TB) string {
	t.Helper()
	buf := make([]byte, 1<<16)
	for {
		require.NoError(t, s.SetReadDeadline(time.Now().Add(patience)))
		n, err := s.Read(buf)
		require.NoError(t, err)
		if !strings.HasPrefix(string(buf[:n]), "SIP/2.0 100 ") {
			return string(buf[:n])
		}
	}
}

// heard returns what comes until nothing has for a while.
func (s *stranger) heard(t testing.TB) (all []string) {
	t.Helper()
	buf := make([]byte, 1<<16)
	for {
		require.NoError(t, s.SetReadDeadline(time.Now().Add(700*time.Millisecond)))
		n, err := s.Read(buf)
		if err != nil {
			return all
		}
		all = append(all, string(buf[:n]))
	}
}

// requireCut sends a message over a connection, and fails unless that is closed without an answer.
func requireCut(t testing.TB, g *gatewayUnderTest, message string) {
	t.Helper()
	conn, err := net.Dial("tcp", g.listener(t, "sip"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(8*time.Second))) // less than a slow message may take
	_, _ = io.WriteString(conn, message)
	answer, err := io.ReadAll(conn)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it stays open")
	require.Empty(t, answer)
}
