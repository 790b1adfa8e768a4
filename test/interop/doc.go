// Package interop proves the whole gateway against programs that others wrote: every test starts the engine with its
// REST server in this process, drives it over HTTP as an integrator would, and looks at what arrives at the peers.
package interop
