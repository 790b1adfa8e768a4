// Package theme is the look of the console: dark, calm and compact, with colour kept for what matters. It wraps
// Fyne's default theme and changes colours and sizes only. Widgets never name a colour themselves: they ask the
// theme, so this is the one place where one is chosen.
package theme
