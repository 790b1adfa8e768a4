// Package screen holds the parts of the console's window, one file each: the form that starts a call, the monitor of
// what is selected, the tables, the dialogs about a stream and the bar of listeners. A screen wires widgets to the
// model: it shows what the model knows and turns what the operator does into the model's verbs, and never shows a wish
// as if it were a fact. Screens live on the main goroutine. The tables are listed in tabs.go: a new one is one file and one row there.
package screen
