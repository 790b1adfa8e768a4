// Package window drives the console as an operator does: the real program in a real window on a display of its own
// (Xvfb), with a keyboard and a mouse (xdotool), a phone in the test's process on the other end of the line, and
// screenshots to judge by. What can be tested without a display is tested in package ui.
//
// The screenshots are kept in test/.cache/window for a look.
//
// Concurrency: each test starts its own display and program, and both have ended when it returns.
package window
