// Package gateway is the contract between Callcast's engine and everyone who uses it: the console, the REST
// interface, tests and tools. It holds the verbs (API), what goes in (CallSpec, Config), what comes out
// (snapshots, events, errors) and nothing that runs.
//
// It imports the standard library only. Values that leave the engine are plain copies: a receiver may keep them
// and may not change what they point to. All methods of API are safe for concurrent use.
package gateway
