// Package websdk serves the WebSocket interface of Flashphoner Web Call Server, so that browser clients written for it
// work unchanged: a session a socket, streams to play and to publish, a telephone, and what happens to them.
//
// It is a client of the contract like the console and the REST interface, and carries signalling only: offers go in,
// answers come out, the media takes its own way. It imports gateway, the standard library and one WebSocket library.
//
// A session with a SIP account is a telephone: it may be registered, so that it rings, and has a line for each call. It
// stays for a while after its socket broke, if its page wants that, and goes over to the socket that brings its token.
//
// Each socket has two goroutines. One reads and does what is asked, one message after the other, so that a socket that
// asks too much slows down itself and nobody else; the other writes what stands in a bounded queue, pings, and cuts a
// browser that is silent or does not read. Each line has one that asks the gateway what is wanted for its call, because
// remote parties take their time, and hangs up; the socket that ends the session joins them. One more, of the server,
// follows the gateway's events and puts them into the queues. Server.Close joins all of them; whatever a session started
// ends with it.
package websdk
