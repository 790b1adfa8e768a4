package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is what processes have used, in user and system mode, threads that are gone included. It is read from the
// CPU-time clock of each process (clock_getcpuclockid(3)), because /proc counts in ticks of 10 ms, too coarse for one
// call.
func cpuTime(pids []int) (time.Duration, error) {
	const schedClock = 2 // CPUCLOCK_SCHED
	var total time.Duration
	for _, pid := range pids {
		var used unix.Timespec
		if err := unix.ClockGettime(int32(^pid<<3|schedClock), &used); err != nil {
			return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
		}
		total += time.Duration(used.Nano())
	}
	return total, nil
}

// memory is what processes hold, in bytes.
type memory struct {
	RSS int64 `json:"rss"` // pages shared between processes count in each
	PSS int64 `json:"pss"` // pages shared count in proportion
}

func memoryOf(pids []int) (memory, error) {
	var total memory
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return memory{}, err
		}
		m, err := parseRollup(string(text))
		if err != nil {
			return memory{}, fmt.Errorf("memory of process %d: %w", pid, err)
		}
		total.RSS += m.RSS
		total.PSS += m.PSS
	}
	return total, nil
}

// parseRollup reads proc_pid_smaps(5).
func parseRollup(text string) (memory, error) {
	var m memory
	for line := range strings.Lines(text) {
		var err error
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "Rss":
			_, err = fmt.Sscanf(value, "%d kB", &m.RSS)
		case "Pss":
			_, err = fmt.Sscanf(value, "%d kB", &m.PSS)
		}
		if err != nil {
			return memory{}, fmt.Errorf("line %q: %w", line, err)
		}
	}
	const kilobyte = 1024
	return memory{RSS: m.RSS * kilobyte, PSS: m.PSS * kilobyte}, nil
}
