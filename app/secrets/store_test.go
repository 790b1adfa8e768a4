package secrets

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/zalando/go-keyring"
)

var errNoKeyring = errors.New("no keyring here")

func newStore(dir string) *Store { return New(dir, slog.New(slog.DiscardHandler)) }

func requireSecret(t *testing.T, s *Store, name, want string) {
	t.Helper()
	got, err := s.Get(name)
	require.NoError(t, err)
	require.Equal(t, want, got.Reveal())
}

func TestKeyring(t *testing.T) {
	keyring.MockInit()
	dir := filepath.Join(t.TempDir(), "none")
	s := newStore(dir)
	requireSecret(t, s, "sip", "")
	require.NoError(t, s.Set("sip", "p1"))
	require.NoError(t, s.Set("rtmp", "p2"))
	requireSecret(t, newStore(dir), "sip", "p1")
	require.NoError(t, s.Set("sip", ""))
	require.NoError(t, s.Set("sip", ""))
	requireSecret(t, s, "sip", "")
	requireSecret(t, s, "rtmp", "p2")
	require.NoDirExists(t, dir)
}

func TestFileWithoutKeyring(t *testing.T) {
	keyring.MockInitWithError(errNoKeyring)
	dir := filepath.Join(t.TempDir(), "made")
	s := newStore(dir)
	requireSecret(t, s, "sip", "")
	require.NoError(t, s.Set("sip", "hunter2"))
	require.NoError(t, s.Set("rtmp", "stream-key"))
	requireSecret(t, newStore(dir), "sip", "hunter2")
	require.NoError(t, s.Set("sip", ""))
	requireSecret(t, newStore(dir), "sip", "")
	requireSecret(t, newStore(dir), "rtmp", "stream-key")

	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), e.Name())
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		require.NotContains(t, string(text), "stream-key")
	}
}

// TestNewestWins: what went to the file while the keyring was away is newer than what the keyring has.
func TestNewestWins(t *testing.T) {
	dir := t.TempDir()
	keyring.MockInitWithError(errNoKeyring)
	require.NoError(t, newStore(dir).Set("sip", "newer"))
	keyring.MockInit()
	require.NoError(t, keyring.Set(service, "sip", "older"))
	requireSecret(t, newStore(dir), "sip", "newer")
	require.NoError(t, newStore(dir).Set("sip", "newest"))
	requireSecret(t, newStore(dir), "sip", "newest")
	kept, err := file{dir: dir}.read()
	require.NoError(t, err)
	require.Empty(t, kept)
}

func TestDamagedFile(t *testing.T) {
	keyring.MockInitWithError(errNoKeyring)
	for name, damage := range map[string]func(f file) error{
		"flipped bit": func(f file) error {
			sealed, err := os.ReadFile(f.sealed())
			sealed[len(sealed)-1] ^= 1
			return errors.Join(err, os.WriteFile(f.sealed(), sealed, 0o600))
		},
		"cut":       func(f file) error { return os.WriteFile(f.sealed(), []byte("x"), 0o600) },
		"other key": func(f file) error { return os.WriteFile(f.key(), make([]byte, keySize), 0o600) },
		"short key": func(f file) error { return os.WriteFile(f.key(), []byte("short"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t.TempDir())
			require.NoError(t, s.Set("sip", "p"))
			require.NoError(t, damage(s.file))
			_, err := s.Get("sip")
			require.ErrorContains(t, err, "delete both and enter the passwords again")
			before, err := os.ReadFile(s.file.sealed())
			require.NoError(t, err)
			require.Error(t, s.Set("sip", "q"), "a file that does not open must not be replaced")
			after, err := os.ReadFile(s.file.sealed())
			require.NoError(t, err)
			require.Equal(t, before, after)
		})
	}
}

func TestHangingKeyring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		s := newStore(t.TempDir())
		asked := 0
		request := func() error { asked++; <-hang; return nil }
		began := time.Now()
		require.ErrorIs(t, s.ask(request), errKeyringSilent)
		require.Equal(t, keyringTime, time.Since(began))
		require.ErrorIs(t, s.ask(request), errKeyringSilent)
		close(hang)
		synctest.Wait()
		require.Equal(t, 1, asked, "a keyring that hung is not asked again")
		require.NoError(t, s.Set("sip", "p"))
		requireSecret(t, s, "sip", "p")
	})
}
