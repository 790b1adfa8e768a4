// Package ui is the operator console: one window that starts calls, shows what is on air and says what went wrong.
//
// It is a client of gateway.API like any other and knows nothing of the engine. It never imports fyne.io/fyne/v2/app:
// whoever starts the program makes the app and hands it in, so all of this is tested on Fyne's software driver.
//
// Concurrency: a Console is used on the main goroutine; only Quit may be called from anywhere. Everything that comes
// from the gateway passes through one funnel (onMain) and arrives in ui/model; the main goroutine waits for the
// gateway nowhere but in Close, which cancels and joins what the console started.
package ui
