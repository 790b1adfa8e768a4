// Package model is what the console knows: the gateway's calls, streams and listeners, the calls that ended and why,
// what is selected, and the picture of it. It turns the contract's events into that state and the operator's wishes
// into the contract's verbs. It holds no widgets and speaks to nothing but gateway.API and the secret store.
//
// Concurrency: everything exported is for the main goroutine, which never waits here: whatever may take time runs in
// a goroutine of the model and comes back through Params.Post, the one funnel. Each of the model's goroutines has at
// most one function in the funnel at a time, so a busy gateway cannot flood the window: events arrive in batches, at
// most twenty a second, and pictures at most twenty-five. Close cancels and joins all of them.
package model
