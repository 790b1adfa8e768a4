// Package widgets holds the console's own controls: data goes in through setters, what the operator does comes out
// through callbacks. They know nothing of the gateway, choose no words and name colours by theme name only. They are
// used on the main goroutine and start none.
package widgets
