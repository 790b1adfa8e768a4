package app

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"
)

func TestNotification(t *testing.T) {
	var shown []string
	n := notifier{log: slog.New(slog.DiscardHandler), send: func(n *fyne.Notification) { shown = append(shown, n.Title+": "+n.Content) }}
	n.notify("Anna calls", "studio@pbx")
	require.Equal(t, []string{"Anna calls: studio@pbx"}, shown)
}

func TestHangingDesktopIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		asked := 0
		n := notifier{log: slog.New(slog.DiscardHandler), send: func(*fyne.Notification) { asked++; <-hang }}
		began := time.Now()
		n.notify("a", "b")
		require.Equal(t, notifyTime, time.Since(began))
		n.notify("a", "b")
		close(hang)
		synctest.Wait()
		require.Equal(t, 1, asked)
	})
}
