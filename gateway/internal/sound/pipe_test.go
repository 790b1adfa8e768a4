//go:build unix

package sound

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPipeIsNoSound: to open one would wait for somebody who writes into it.
func TestPipeIsNoSound(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.wav"), 0o600))
	_, err := Load(dir, "pipe.wav")
	require.ErrorIs(t, err, ErrMissing)
	_, err = Load(filepath.Join(dir, "pipe.wav"), "a.wav")
	require.ErrorIs(t, err, ErrMissing)
}
