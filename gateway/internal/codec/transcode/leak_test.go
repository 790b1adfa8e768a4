//go:build cgo && !nolibav

package transcode

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireSteadyMemory fails if doing work again and again makes the process grow.
func requireSteadyMemory(t *testing.T, work func()) {
	t.Helper()
	for range 50 {
		work()
	}
	before := resident(t)
	for range 300 {
		work()
	}
	require.Less(t, resident(t)-before, 16<<20, "bytes gained")
}

// resident is the memory the process holds, C and Go.
func resident(t *testing.T) int {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	pages, err := strconv.Atoi(strings.Fields(string(raw))[1])
	require.NoError(t, err)
	return pages * os.Getpagesize()
}
