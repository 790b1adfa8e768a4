// Package app puts the program together: flags, configuration, log, engine, servers, window, and the order in which
// they stop. It is the one place that knows everyone; nothing imports it but main.
package app
