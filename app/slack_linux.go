package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// timerSlack is how much later than asked the kernel may wake a thread (prctl(2), PR_SET_TIMERSLACK). With the usual
// 50 µs the Go runtime's own housekeeping wakes thousands of times a second under media load, a sixth of the
// processor time of a call; no timer here needs to be that exact.
const timerSlack = 4 * time.Millisecond

// relaxTimers sets the slack of every thread there is. Those made later inherit it.
func relaxTimers(log *slog.Logger) {
	tasks, _ := filepath.Glob("/proc/self/task/*")
	slack := []byte(strconv.FormatInt(timerSlack.Nanoseconds(), 10))
	for _, task := range tasks {
		if err := os.WriteFile("/proc/"+filepath.Base(task)+"/timerslack_ns", slack, 0); err != nil {
			log.Debug("timer slack unchanged", "err", err)
		}
	}
}
