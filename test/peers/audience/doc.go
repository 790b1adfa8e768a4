// Command audience watches a stream as many browsers do: it opens so many viewings by WHEP, receives and decrypts what
// comes, and counts it. It is a program of its own so that what it costs is not taken for what the gateway costs.
//
//	audience http://127.0.0.1:8081/whep/demo 100
//
// It prints its counts as a line of JSON when all have a picture, and again for each line that it reads. It leaves, in
// good order, when its input ends.
//
// Concurrency: each viewing has a goroutine for each of its tracks; closing the viewing joins them.
package main
