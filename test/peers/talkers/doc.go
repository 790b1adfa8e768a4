// Command talkers telephones as many browsers do, or listens to as many streams, and counts what comes. It is a program
// of its own so that what it costs is not taken for what the gateway costs.
//
//	talkers opus ws://127.0.0.1:8080 sip:talk-%d@127.0.0.1:5070 100 folder
//	talkers PCMA ws://127.0.0.1:8080 sip:talk-%d@127.0.0.1:5070 100 folder
//	talkers opus http://127.0.0.1:8081/whep/talk-%d - 100 folder
//
// The first argument is the only codec that the browsers offer. By WebSocket each calls a number in a session of its own,
// and says voice.ogg or voice.alaw from the folder again and again; every twentieth says marks.ogg or marks.alaw, which is
// silence but for a sound now and then, and notes when such sounds leave and come. What browser 1 hears goes to
// heard.ogg or heard.alaw.
//
// It prints its counts as a line of JSON when all hear something, and again for each line that it reads. It leaves, in
// good order, when its input ends.
//
// Concurrency: each talker has goroutines for what it says, hears and is told; leaving joins them.
package main
