// Package webrtc shows a stream to one browser: it reads the stream, sends its units as RTP on the peer's tracks,
// answers what the browser says it missed, and sends the reports it needs to play both tracks in sync.
//
// It does not negotiate: package rtc has chosen the codecs, and the stream delivers one of them.
//
// A Viewer belongs to the goroutine that runs it; its Sink may be asked for by anyone. Run joins everything it
// started.
package webrtc
