package interop

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
)

// patience is how long anything may take that happens at once on an idle machine. It is shorter than what ends a browser that is
// gone without a word.
const patience = 20 * time.Second

// callee starts a SIPp that plays a scenario.
func callee(t testing.TB, scenario string, values map[string]any) *peers.SIPp {
	t.Helper()
	return peers.StartSIPp(t, "../testdata/sipp/"+scenario+".xml", values)
}

// requireStatuses fails unless the call went through the statuses in this order, whatever there was between them.
func requireStatuses(t testing.TB, calls []gateway.Call, want ...gateway.CallStatus) {
	t.Helper()
	var seen []gateway.CallStatus
	missing := want
	for _, c := range calls {
		seen = append(seen, c.Status)
		if len(missing) > 0 && c.Status == missing[0] {
			missing = missing[1:]
		}
	}
	require.Empty(t, missing, "statuses seen: %v", seen)
}

// received is the messages that a SIPp got and that begin with start, oldest first. What was repeated, as is right when an
// answer is late, is there once.
func received(t testing.TB, s *peers.SIPp, start string) []string {
	t.Helper()
	var found []string
	for _, message := range arrived(t, s, start) {
		if !slices.Contains(found, message) {
			found = append(found, message)
		}
	}
	return found
}

// arrived is the same with all repetitions.
func arrived(t testing.TB, s *peers.SIPp, start string) []string {
	t.Helper()
	var found []string
	for part := range strings.SplitSeq(s.Messages(t), "-----------------------------------------------") {
		head, message, _ := strings.Cut(part, "\n\n")
		if strings.Contains(head, "message received") && strings.HasPrefix(message, start) {
			found = append(found, message)
		}
	}
	return found
}
