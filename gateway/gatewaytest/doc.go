// Package gatewaytest holds a scripted gateway for tests of the contract's clients: the console and the REST
// interface. Fake keeps calls, streams and listeners in memory, moves nothing, listens nowhere and starts no
// goroutine. Its subscriptions coalesce exactly as the contract says, and its previews show a moving test picture.
//
// By default its verbs behave like a gateway that has just accepted a request; a test replaces any of them through
// the function fields, which are set before the fake is used. Everything else is safe for concurrent use.
package gatewaytest
