// Package call is the life of one call, placed by us or come in: an actor whose one goroutine owns the call's state.
//
// What happens to a call arrives as an event in the actor's inbox; machine.go says, as a pure function, what state
// follows and what is to be done; actor.go does it. Signalling, media and publication are behind small interfaces, so
// the package knows neither SIP messages nor sockets.
package call
