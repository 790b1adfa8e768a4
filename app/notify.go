package app

import (
	"log/slog"
	"sync"
	"time"

	"fyne.io/fyne/v2"
)

// notifyTime is how long the desktop may take to show a notification.
const notifyTime = 3 * time.Second

// notifier shows notifications of the desktop. The desktop cannot be interrupted: if it hangs, one goroutine is left
// behind, and it is not asked again.
type notifier struct {
	send func(*fyne.Notification)
	log  *slog.Logger

	mu     sync.Mutex // guards silent, and lets one notification at a time to the desktop
	silent bool
}

func (n *notifier) notify(title, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.silent {
		return
	}
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		n.send(fyne.NewNotification(title, text))
	}()
	select {
	case <-shown:
	case <-time.After(notifyTime):
		n.silent = true
		n.log.Warn("the desktop does not answer: no notifications are shown")
	}
}
