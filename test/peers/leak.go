package peers

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// RequireNoLeak fails the test if it leaves goroutines behind that do not end. One look gives them half a second: on a busy
// machine some that are about to end need more.
func RequireNoLeak(t testing.TB, before goleak.Option) {
	t.Helper()
	left := goleak.Find(before)
	for deadline := time.Now().Add(patience / 4); left != nil && time.Now().Before(deadline); {
		left = goleak.Find(before)
	}
	require.NoError(t, left)
}
