// Package websdk serves the WebSocket interface of Flashphoner Web Call Server, so that browser clients written for it
// work unchanged: a session a socket, streams to play and to publish, and what happens to them.
//
// It is a client of the contract like the console and the REST interface, and carries signalling only: offers go in,
// answers come out, the media takes its own way. It imports gateway, the standard library and one WebSocket library.
//
// Each socket has two goroutines. One reads and does what is asked, one message after the other, so that a socket that
// asks too much slows down itself and nobody else; the other writes what stands in a bounded queue, pings, and cuts a
// browser that is silent or does not read. One more goroutine, of the server, follows the gateway's events and puts
// them into the queues. Server.Close joins all of them; whatever a socket started ends with it.
package websdk
