package peers

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a peer may take to do what happens at once on an idle machine; nothing waits that long when all is
// well.
const patience = 40 * time.Second

// process is a running program that ends with its test.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	log  string
	err  error // how it ended; valid once done is closed
}

// start runs a program with its output in dir/<name>.log, which is shown if the test fails.
func start(t testing.TB, dir, name string, args ...string) *process {
	t.Helper()
	return startIn(t, nil, dir, name, args...)
}

// startIn does so with more in the environment.
func startIn(t testing.TB, env []string, dir, name string, args ...string) *process {
	t.Helper()
	return startFed(t, nil, env, dir, name, args...)
}

// startFed does so with something to read; nil is nothing.
func startFed(t testing.TB, in *os.File, env []string, dir, name string, args ...string) *process {
	t.Helper()
	path, err := exec.LookPath(name)
	require.NoError(t, err, "%s is not installed: run make test, which installs it", name)
	logPath := filepath.Join(dir, filepath.Base(name)+".log")
	out, err := os.Create(logPath)
	require.NoError(t, err)
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = append(os.Environ(), env...)
	if in != nil {
		cmd.Stdin = in
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	p := &process{cmd: cmd, done: make(chan struct{}), log: logPath}
	go func() {
		p.err = cmd.Wait()
		_ = out.Close()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			text, _ := os.ReadFile(logPath)
			t.Logf("%s said:\n%s", filepath.Base(name), tail(string(text)))
		}
	})
	return p
}

// kill ends the program and its children at once.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// alive fails the test if the program has ended.
func (p *process) alive(t testing.TB) {
	t.Helper()
	select {
	case <-p.done:
		text, _ := os.ReadFile(p.log)
		require.FailNow(t, "peer ended", "%v: %v\n%s", p.cmd.Args, p.err, tail(string(text)))
	default:
	}
}

func tail(s string) string {
	lines := strings.Split(s, "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}

// FreePorts returns n free ports that are next to each other for both UDP and TCP, the first even. No port of the same block
// is taken: a peer opens some of its ports only when it needs them, and until then they look free. The block is the test's
// until it ends: tests run beside each other, and their peers take a while to open what they were given.
func FreePorts(t testing.TB, n int) int {
	t.Helper()
	// Below the ports that the system gives to connections, of which thousands may be about.
	const first, block, blocks = 10048, 64, 300
	require.Less(t, n, block)
	for range 200 {
		port := first + block*rand.IntN(blocks)
		mark, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port + block - 1})
		if err != nil {
			continue
		}
		if arePortsFree(port, block-1) {
			t.Cleanup(func() { _ = mark.Close() })
			return port
		}
		_ = mark.Close()
	}
	require.FailNow(t, "no free ports")
	return 0
}

func arePortsFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		address := net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
		l, err := net.ListenTCP("tcp", &address)
		if err != nil {
			return false
		}
		_ = l.Close()
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: address.IP, Port: port})
		if err != nil {
			return false
		}
		_ = c.Close()
	}
	return true
}

// write fills in a configuration template and writes it to dir/name.
func write(t testing.TB, dir, name, text string, data any) string {
	t.Helper()
	path := filepath.Join(dir, name)
	file, err := os.Create(path)
	require.NoError(t, err)
	err = template.Must(template.New(name).Delims("<<", ">>").Parse(text)).Execute(file, data)
	require.NoError(t, errors.Join(err, file.Close()))
	return path
}

// listening waits until something accepts TCP connections at addr.
func (p *process) listening(t testing.TB, addr string) {
	t.Helper()
	require.Eventually(t, func() bool {
		p.alive(t)
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, patience, 20*time.Millisecond, "nothing listens at %s", addr)
}

// udpTaken reports whether a program holds the UDP port, without touching it: the program may be about to take it.
func udpTaken(port int) bool {
	four, err := os.ReadFile("/proc/net/udp")
	six, _ := os.ReadFile("/proc/net/udp6") // not there without version six
	return err == nil && (bytes.Contains(four, fmt.Appendf(nil, ":%04X 00000000:0000", port)) ||
		bytes.Contains(six, fmt.Appendf(nil, ":%04X %032d:0000", port, 0)))
}

// within reports whether an address of this machine has one of these ports.
func within(t testing.TB, address string, first, last int) bool {
	t.Helper()
	at, err := netip.ParseAddrPort(address)
	require.NoError(t, err)
	return at.Addr().IsLoopback() && int(at.Port()) >= first && int(at.Port()) <= last
}
