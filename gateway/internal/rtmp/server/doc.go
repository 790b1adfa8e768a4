// Package server is the built-in RTMP server: it listens, lets a Hub decide who may publish and play what, and runs
// each connection with source/rtmp or sink/rtmp.
//
// One goroutine serves one connection, and a second one listens to a player. Close cuts all of them and waits. What
// does not speak RTMP, or connects and asks for nothing, is cut after Limits.Timeouts.Answer and counted.
package server
