package peers

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// SIPp is a SIPp that plays one scenario as callee.
type SIPp struct {
	Port    int
	process *process
}

// StartSIPp starts a scenario file that takes one call and then exits with how it went.
func StartSIPp(t testing.TB, scenario string, args ...string) *SIPp {
	first := FreePorts(t, 8)
	s := &SIPp{Port: first}
	s.process = start(t, t.TempDir(), "sipp", append([]string{
		"-sf", scenario, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", strconv.Itoa(s.Port), "-mp", strconv.Itoa(first + 2),
		"-m", "1", "-nostdin", "-trace_err", "-error_file", "errors.log", "-timeout", "60s", "-timeout_error",
	}, args...)...)
	require.Eventually(t, func() bool { s.process.alive(t); return udpTaken(s.Port) }, 5*time.Second, 10*time.Millisecond)
	return s
}

// Address is its host:port.
func (s *SIPp) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.Port) }

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
