package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// TestNobodyIsTrusted when the authorities that are named cannot be read: those of the system are not meant.
func TestNobodyIsTrusted(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	require.NoError(t, os.WriteFile(empty, []byte("no certificate"), 0o600))
	for _, file := range []string{empty, empty + ".missing"} {
		pool, err := authorities(file)
		require.NotNil(t, err)
		require.Equal(t, gateway.ReasonAuthority, err.Reason)
		require.Contains(t, err.Message, file)
		require.NotNil(t, pool, "no pool would be that of the system")
		require.Empty(t, pool.Subjects()) //nolint:staticcheck // it is not the system's
	}
	pool, err := authorities("")
	require.Nil(t, err)
	require.Nil(t, pool)
}
