package sipua

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// tape keeps what a Tracer is told.
type tape struct {
	mu    sync.Mutex // guards lines
	lines []string
}

func (t *tape) note(sent bool, transport gateway.Transport, remote string, text []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	arrow := "<"
	if sent {
		arrow = ">"
	}
	t.lines = append(t.lines, fmt.Sprint(arrow, transport, " ", remote, " ", string(text)))
}

func (t *tape) all() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.lines...)
}

// waits until a line was told.
func (t *tape) waits(test *testing.T, line string) {
	test.Helper()
	require.Eventually(test, func() bool { return slices.Contains(t.all(), line) }, patience, 5*time.Millisecond, "%q\nnot in\n%s", line, strings.Join(t.all(), "\n"))
}

func TestTrace(t *testing.T) {
	for network, listen := range map[string]func(*testing.T) *peer{"udp": udpPeer, "tcp": tcpPeer} {
		t.Run(network, func(t *testing.T) {
			seen := new(tape)
			a, p, r := startAgent(t, func(a *Agent) { a.params.Trace = seen.note }), listen(t), newRecorder(t)
			at := network + " " + p.addr.String() + " "
			d := dial(a, r, p.account())
			inv := establish(p, r)
			seen.waits(t, ">"+at+inv.raw)
			p.ask(inv, "BYE", 1, "")
			d.Hangup("")
			next[Ended](r)
			all := seen.all()
			require.True(t, strings.HasPrefix(all[0], ">"+at+"INVITE "), "a question is told before its answer")
			require.True(t, strings.HasPrefix(all[1], "<"+at+"SIP/2.0 200 "), all[1])
			require.True(t, strings.HasSuffix(all[1], answer))
		})
	}
}

// TestTraceOfAStream: messages are told whole, however the bytes arrive.
func TestTraceOfAStream(t *testing.T) {
	seen := new(tape)
	a, p, r := startAgent(t, func(a *Agent) { a.params.Trace = seen.note }), tcpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	ask := func(n int, body string) string {
		return fmt.Sprintf("INFO %s SIP/2.0\r\nv: SIP/2.0/TCP %s;branch=z9hG4bK-%d\r\nf: %s;tag=%s\r\nt: %s\r\ni: %s\r\nCSeq: %d INFO\r\nl: %d\r\n\r\n%s",
			inv.request().Contact().Address.String(), p.addr, n, inv.request().To().Value(), peerTag,
			inv.request().From().Value(), inv.request().CallID().Value(), n, len(body), body)
	}
	one, two, three := ask(1, "one\r\n\r\n1"), ask(2, ""), ask(3, "three")
	p.send(inv.from, []byte(one+"\r\n"+two+three[:len(three)/2]))
	seen.waits(t, "<tcp "+p.addr.String()+" "+one)
	seen.waits(t, "<tcp "+p.addr.String()+" "+two)
	p.send(inv.from, []byte(three[len(three)/2:]))
	seen.waits(t, "<tcp "+p.addr.String()+" "+three)
	d.Hangup("")
	p.reply(p.expect(sip.BYE), 200)
}
