package app

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"
)

// windowTime is how long a window may take to go. A loudspeaker that does not answer delays it for driverTime of ring.
const windowTime = 6 * time.Second

// stage is the main goroutine, where desktops want their windows. The work is done on another, because Fyne (2.7.1 to
// 2.7.3) can hang where it ends: its loop stops taking calls while its event queue may be waiting for one to be taken.
type stage chan func()

// onStage does the work and ends the program with the code that it returns. Only the main goroutine may call it.
func onStage(work func(stage) int) {
	s := make(stage)
	go func() { os.Exit(work(s)) }()
	for show := range s {
		show()
	}
}

// show shows a window until it is closed or ctx ends. The window says when it begins to close; if it hangs in that, or does not
// even come up to be told, it is left behind.
func (s stage) show(ctx context.Context, window func(leave func()) error, log *slog.Logger) error {
	leaving := make(chan struct{})
	ended := make(chan error, 1)
	leave := sync.OnceFunc(func() { close(leaving) })
	s <- func() {
		defer leave()
		ended <- window(leave)
	}
	select {
	case <-leaving:
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(windowTime):
		log.Warn("the window does not close")
		return nil
	}
}
