//go:build unix

package sipua

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// freePort is a port that nobody has at the moment, for a program that cannot choose one itself. It is none of those that the
// system gives to whoever asks for any: one of them might be given away before the program takes it.
func freePort(t *testing.T) int {
	t.Helper()
	const first, ports = 10048, 20000
	for range 100 {
		port := first + rand.IntN(ports)
		udp, tcp, err := bind(t.Context(), "127.0.0.1", port)
		if err != nil {
			continue
		}
		require.NoError(t, udp.Close())
		require.NoError(t, tcp.Close())
		return port
	}
	require.FailNow(t, "no free port")
	return 0
}

// program runs a program for the length of a test. wait returns once it ended by itself.
func program(t *testing.T, name string, args ...string) (wait func() error) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("%s is not installed: make test installs it", name)
	}
	var out bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Dir = t.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it may fork: all of it has to end
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	var err error
	go func() { err = cmd.Wait(); close(done) }()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-done
		if t.Failed() {
			t.Logf("%s said:\n%s", name, out.String())
		}
	})
	return func() error { <-done; return err }
}

// sipp runs a scenario as the callee of one call and returns the account that reaches it.
func sipp(t *testing.T, scenario string, transport gateway.Transport) (gateway.Account, func() error) {
	t.Helper()
	port := freePort(t)
	mode := map[gateway.Transport]string{gateway.TransportUDP: "u1", gateway.TransportTCP: "t1"}[transport]
	wait := sippAt(t, scenario, port, "-t", mode)
	if transport == gateway.TransportTCP {
		awaitTCP(t, port)
	}
	acc := gateway.Account{Login: "gw", Password: "gwpw", Domain: "127.0.0.1", Port: port, Transport: transport}
	return acc, wait
}

// sippAt runs a scenario of one call at a port.
func sippAt(t *testing.T, scenario string, port int, more ...string) (wait func() error) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("testdata", scenario))
	require.NoError(t, err)
	return program(t, "sipp", append(more, "-sf", file, "-i", "127.0.0.1", "-p", strconv.Itoa(port),
		"-m", "1", "-timeout", "60s", "-timeout_error", "-nostdin")...)
}

// awaitTCP returns when somebody listens. Over UDP retransmission does this for us.
func awaitTCP(t *testing.T, port int) {
	t.Helper()
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return false
		}
		return c.Close() == nil
	}, patience, 20*time.Millisecond)
}

// eventually passes over provisional responses: of a burst some may be told late, and some not at all.
func eventually[E Event](r *recorder) E {
	r.t.Helper()
	for {
		select {
		case ev := <-r.events:
			if wanted, ok := ev.(E); ok {
				return wanted
			}
			require.IsType(r.t, Provisional{}, ev)
		case <-time.After(patience):
			require.FailNow(r.t, fmt.Sprintf("no event %T", *new(E)))
		}
	}
}

func TestSIPpVerifiesOurDigest(t *testing.T) {
	a, r := startAgent(t), newRecorder(t)
	acc, wait := sipp(t, "callee_auth.xml", gateway.TransportUDP)
	d := dial(a, r, acc)
	require.Contains(t, string(eventually[Answered](r).SDP), "s=sipp")
	d.Hangup("done")
	require.Equal(t, Ended{Text: "done"}, eventually[Ended](r))
	require.NoError(t, wait())
}

func TestSIPpRefusesAWrongPassword(t *testing.T) {
	a, r := startAgent(t), newRecorder(t)
	acc, wait := sipp(t, "callee_auth.xml", gateway.TransportUDP)
	acc.Password = "wrong"
	dial(a, r, acc)
	failed := next[Failed](r)
	require.Equal(t, Failed{Status: 403, Reason: "Forbidden", Cause: gateway.EndAuth}, failed)
	require.NoError(t, wait())
}

func TestSIPpPlaysEarlyMedia(t *testing.T) {
	for _, transport := range []gateway.Transport{gateway.TransportUDP, gateway.TransportTCP} {
		t.Run(string(transport), func(t *testing.T) {
			t.Parallel()
			a, r := startAgent(t), newRecorder(t)
			acc, wait := sipp(t, "callee_early.xml", transport)
			d := dial(a, r, acc)
			require.Equal(t, 100, next[Provisional](r).Status)
			early := next[Provisional](r)
			require.Equal(t, 183, early.Status)
			require.Contains(t, string(early.SDP), "s=sipp")
			eventually[Answered](r)
			d.Hangup("done")
			eventually[Ended](r)
			require.NoError(t, wait())
		})
	}
}

func TestSIPpHangsUp(t *testing.T) {
	a, r := startAgent(t), newRecorder(t)
	acc, wait := sipp(t, "callee_leaves.xml", gateway.TransportUDP)
	dial(a, r, acc)
	want := Event(Ended{Remote: true, Text: "the other side hung up"})
	require.Eventually(t, func() bool { // it may do so before the answer is told
		select {
		case ev := <-r.events:
			return ev == want
		default:
			return false
		}
	}, patience, time.Millisecond)
	require.NoError(t, wait())
}

func TestSIPpIsCancelled(t *testing.T) {
	a, r := startAgent(t), newRecorder(t)
	acc, wait := sipp(t, "callee_cancelled.xml", gateway.TransportUDP)
	d := dial(a, r, acc)
	require.Equal(t, 180, next[Provisional](r).Status)
	d.Hangup("operator")
	require.Equal(t, Ended{Text: "operator"}, eventually[Ended](r))
	require.NoError(t, wait())
}

// TestSIPpKeepsTheSession holds a call for longer than its session, renewed by either side.
func TestSIPpKeepsTheSession(t *testing.T) {
	for _, scenario := range []string{"callee_renewed.xml", "callee_renews.xml"} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			a, r := startAgent(t, fastLease), newRecorder(t)
			acc, wait := sipp(t, scenario, gateway.TransportUDP)
			dial(a, r, acc)
			eventually[Answered](r)
			require.True(t, eventually[Ended](r).Remote)
			require.NoError(t, wait())
		})
	}
}

// TestSIPpKeepsTheSessionOfItsCall does so with a call to us.
func TestSIPpKeepsTheSessionOfItsCall(t *testing.T) {
	for _, scenario := range []string{"caller_renewed.xml", "caller_renews.xml"} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			a, calls := receptionist(t, fastLease)
			r := newRecorder(t)
			wait := sippAt(t, scenario, freePort(t), a.Addr().String())
			(<-calls).Answer([]byte(answer), r.handle)
			eventually[Answered](r)
			require.True(t, eventually[Ended](r).Remote)
			require.NoError(t, wait())
		})
	}
}

// kamailio runs a registrar and proxy that knows bob at the peer, and returns an account of it.
func kamailio(t *testing.T, bob *peer) gateway.Account {
	t.Helper()
	port := freePort(t)
	config, err := os.ReadFile("testdata/kamailio.cfg")
	require.NoError(t, err)
	filled := strings.NewReplacer("PORT", strconv.Itoa(port), "BOB", bob.addr.String()).Replace(string(config))
	dir := t.TempDir()
	file := filepath.Join(dir, "kamailio.cfg")
	require.NoError(t, os.WriteFile(file, []byte(filled), 0o600))
	program(t, "kamailio", "-f", file, "-DD", "-E", "-m", "32", "-M", "4", "-w", dir, "-Y", dir)
	awaitTCP(t, port)
	return gateway.Account{
		Login: "gw", Password: "gwpw", Domain: "sip.test", Register: true,
		OutboundProxy: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
	}
}

func TestThroughKamailio(t *testing.T) {
	for _, transport := range []gateway.Transport{gateway.TransportUDP, gateway.TransportTCP} {
		t.Run(string(transport), func(t *testing.T) {
			a, bob := startAgent(t), udpPeer(t)
			acc := kamailio(t, bob)
			acc.Transport = transport
			require.NoError(t, a.Register(t.Context(), acc))

			hungUp := newRecorder(t)
			d := dial(a, hungUp, acc)
			inv := bob.expect(sip.INVITE)
			require.Empty(t, inv.GetHeaders("Proxy-Authorization"), "the proxy consumes its own")
			bob.replyThrough(inv, 180)
			bob.replyThrough(inv, 200)
			bob.expect(sip.ACK)
			require.Equal(t, []byte(answer), eventually[Answered](hungUp).SDP)
			d.Hangup("done")
			bye := bob.expect(sip.BYE)
			require.NotEqual(t, a.Addr().String(), bye.from.String(), "the BYE must pass the proxy")
			bob.reply(bye, 200)
			require.Equal(t, Ended{Text: "done"}, next[Ended](hungUp))

			cancelled := newRecorder(t)
			d = dial(a, cancelled, acc)
			inv = bob.expect(sip.INVITE)
			bob.replyThrough(inv, 180)
			for next[Provisional](cancelled).Status != 180 {
			}
			d.Hangup("changed my mind")
			cancel := bob.expect(sip.CANCEL)
			bob.reply(cancel, 200)
			bob.replyThrough(inv, 487)
			require.Equal(t, Ended{Text: "changed my mind"}, eventually[Ended](cancelled))

			wrong := acc
			wrong.Password = "wrong"
			err := a.Register(t.Context(), wrong)
			require.ErrorIs(t, err, errRefused)
			ctx, cancelClose := context.WithTimeout(t.Context(), patience)
			defer cancelClose()
			require.NoError(t, a.Close(ctx))
		})
	}
}

// replyThrough answers like a callee behind proxies: with the Record-Route it got, and an SDP if it accepts.
func (p *peer) replyThrough(m message, status int) {
	var routes []string
	for _, h := range m.GetHeaders("Record-Route") {
		routes = append(routes, "Record-Route: "+h.Value())
	}
	body := ""
	if status == 200 {
		body = answer
	}
	p.replyBody(m, status, body, routes...)
}
