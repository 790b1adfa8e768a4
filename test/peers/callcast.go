package peers

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Callcast is the program itself, without a window.
type Callcast struct{ process *process }

// BuildCallcast builds the program, with the race detector if the test has it, and returns where it is.
func BuildCallcast(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "callcast")
	args := []string{"build", "-o", path}
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "callcast")...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// StartCallcast starts a built program with a configuration file of this content.
func StartCallcast(t testing.TB, binary, config string, env []string, args ...string) *Callcast {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "callcast.yaml")
	require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
	return &Callcast{startIn(t, env, dir, binary, append([]string{"--headless", "--config", path}, args...)...)}
}

// Output is what it has printed and logged.
func (c *Callcast) Output(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(c.process.log)
	require.NoError(t, err)
	return string(text)
}

// WaitFor waits until it has printed something that matches, and returns the first group of that.
func (c *Callcast) WaitFor(t testing.TB, pattern string, within time.Duration) string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	var found []string
	require.Eventually(t, func() bool {
		c.process.alive(t)
		found = expression.FindStringSubmatch(c.Output(t))
		return found != nil
	}, within, 50*time.Millisecond, "%s is not printed", pattern)
	return found[len(found)-1]
}

// Stop asks it to end and returns its exit code.
func (c *Callcast) Stop(t testing.TB, within time.Duration) int {
	t.Helper()
	require.NoError(t, syscall.Kill(c.process.cmd.Process.Pid, syscall.SIGTERM))
	return c.ExitCode(t, within)
}

// ExitCode waits for its end.
func (c *Callcast) ExitCode(t testing.TB, within time.Duration) int {
	t.Helper()
	select {
	case <-c.process.done:
	case <-time.After(within):
		require.FailNow(t, "the program did not end")
	}
	return c.process.cmd.ProcessState.ExitCode()
}
