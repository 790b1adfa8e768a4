// Package rest serves the gateway over HTTP the way Flashphoner Web Call Server does, so that clients written for it
// work unchanged: calls, streams, pushes and pulls under /rest-api, statistics at /?action=stat. Beside that stand WHIP and
// WHEP, Server-Sent Events, health checks, Prometheus metrics and the OpenAPI document.
//
// It is a client of the contract like the console: it checks the shape of a request, never its meaning, which is the
// business of gateway.API, and it keeps no state of its own. It imports gateway and the standard library.
//
// Handlers run concurrently, one goroutine for each request, owned by net/http. Server.Close ends them all, event
// streams included. No media passes here.
package rest
