// Command bench measures what a call costs: Callcast beside ffmpeg, both doing the same work on the same machine in
// the same run. It is run from the module's root:
//
//	go run ./test/bench [-calls 1,10,30] [-window 12s]
//	go run ./test/bench -viewers 20,50,100,200 [-window 12s]
//	go run ./test/bench -talks 100 [-window 12s]
//
// Each call is 640x360 H.264 at 25 pictures/s and 500 kbit/s with PCMA. It leaves as RTMP with the H.264 copied and the
// sound as AAC 48 kHz, into an nginx-rtmp server. Callcast is the real binary: it is told over REST to place a SIP call
// to a callee inside this program. ffmpeg has no SIP, so it gets an SDP file and is there before the media begins. The
// same sender, clip and pacing feed both, and the same RTMP player reads what comes out of nginx.
//
// A picture is known again by its H.264 slice, byte for byte, so a damaged one does not count as delivered, and its
// delay is exact: from the last of its RTP packets to the RTMP message being complete.
//
// With -viewers it measures instead what a browser costs that watches one such call: test/peers/audience, a process of
// its own, opens the viewings by WHEP and counts what arrives. What the call takes with nobody watching is measured
// before and taken off.
//
// With -talks it measures what a call without pictures costs between a telephone and a browser: in Opus for the browser, so
// that both ways are converted; in the telephone's own PCMA; and one way, to a browser that listens by WHEP. The telephones
// are in this program, the browsers are test/peers/talkers. What the gateway takes without calls is taken off. Every
// twentieth call is silent but for a beep a second on each side, from whose packets the delays are taken; the others hum,
// without pauses. Of one call it is checked that both sides hear what the other hums. Beside it stands one ffmpeg a call
// that does one way of it without encryption, with as many calls up to ten.
//
// It prints a table and writes the figures behind it to test/.cache. Nothing else on the machine should be
// busy meanwhile. It is no test: it judges nothing and fails only if the work was not done.
//
// Concurrency: each call has a goroutine that sends and one that plays; the callee has one for SIP, and a
// telephone one that sends and one that listens. A trial joins them.
package main
