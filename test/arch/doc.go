// Package arch holds the rules of ARCHITECTURE.md about who may import whom and what code may not do, as tests. It
// reads what `go list` says and the syntax of every file; it runs nothing of Callcast.
package arch
