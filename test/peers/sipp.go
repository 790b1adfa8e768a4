package peers

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"
)

// SIPp is a SIPp that plays one scenario.
type SIPp struct {
	Port    int
	host    string
	dir     string
	process *process
}

// sippPorts are SIP's and those of media, so that pictures have room as well.
const sippPorts = 16

// StartSIPp starts a scenario file that takes one call and then exits with how it went. The file is a template in
// << >>, filled in with values; it may use what parts.tmpl beside it defines.
func StartSIPp(t testing.TB, scenario string, values map[string]any) *SIPp {
	return StartSIPpAt(t, "127.0.0.1", scenario, values)
}

// StartSIPpAt starts one at an address of this machine. With whom, the host:port to call, it is the caller.
func StartSIPpAt(t testing.TB, host, scenario string, values map[string]any, whom ...string) *SIPp {
	return startSIPp(t, "u1", host, scenario, values, whom...)
}

// StartSIPpTCP is StartSIPp over TCP.
func StartSIPpTCP(t testing.TB, scenario string, values map[string]any, whom ...string) *SIPp {
	return startSIPp(t, "t1", "127.0.0.1", scenario, values, whom...)
}

func startSIPp(t testing.TB, mode, host, scenario string, values map[string]any, whom ...string) *SIPp {
	const media = 2 // the first port of sound, by its distance from SIP's
	s := &SIPp{Port: FreePorts(t, sippPorts), host: host, dir: t.TempDir()}
	s.process = start(t, s.dir, "sipp", append(whom,
		"-sf", fill(t, scenario, s.dir, values), "-i", host, "-mi", host, "-t", mode,
		"-p", strconv.Itoa(s.Port), "-mp", strconv.Itoa(s.Port+media),
		"-m", "1", "-nostdin", "-trace_err", "-error_file", refusals, "-trace_msg", "-message_file", messages,
		"-timeout", "240s", "-timeout_error")...)
	t.Cleanup(func() {
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(s.dir, refusals))
			t.Logf("sipp did not like:\n%s", tail(string(said)))
		}
	})
	switch {
	case len(whom) > 0: // it listens for nobody
	case mode == "t1":
		s.process.listening(t, s.Address())
	default:
		require.Eventually(t, func() bool { s.process.alive(t); return udpTaken(s.Port) }, patience, 10*time.Millisecond)
	}
	return s
}

// What a SIPp writes into its directory.
const (
	messages = "messages.log"
	refusals = "errors.log"
)

// fill writes a scenario with its values into dir.
func fill(t testing.TB, scenario, dir string, values map[string]any) string {
	t.Helper()
	all, err := template.New("").Delims("<<", ">>").ParseFiles(scenario, filepath.Join(filepath.Dir(scenario), "parts.tmpl"))
	require.NoError(t, err)
	path := filepath.Join(dir, filepath.Base(scenario))
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, all.ExecuteTemplate(file, filepath.Base(scenario), values))
	require.NoError(t, file.Close())
	return path
}

// Address is its host:port.
func (s *SIPp) Address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.Port)) }

// URI is whom to call.
func (s *SIPp) URI() string { return "sip:callee@" + s.Address() }

// Messages is every SIP message so far, sent and received.
func (s *SIPp) Messages(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, messages))
	require.NoError(t, err)
	return string(text)
}

// Finished waits for the end of the scenario and fails the test if it did not go as written.
func (s *SIPp) Finished(t testing.TB, within time.Duration) {
	t.Helper()
	select {
	case <-s.process.done:
		require.NoError(t, s.process.err, "the scenario failed")
	case <-time.After(within):
		require.FailNow(t, "the scenario did not end")
	}
}

// Capture listens to all that it sends and gets, from now on.
func (s *SIPp) Capture(t testing.TB) *Capture {
	return startCapture(t, s.Port, fmt.Sprintf("udp portrange %d-%d", s.Port, s.Port+sippPorts-1))
}
