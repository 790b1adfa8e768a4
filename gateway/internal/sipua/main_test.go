package sipua

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"
)

// testT1 makes 64*T1, the time a transaction waits for an answer, a few seconds.
const testT1 = 60 * time.Millisecond

func TestMain(m *testing.M) {
	sip.SetTimers(testT1, 8*testT1, 8*testT1)
	goleak.VerifyTestMain(m)
}
