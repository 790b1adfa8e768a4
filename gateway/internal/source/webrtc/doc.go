// Package webrtc makes what one browser sends the source of a stream: it puts packets in order, asks for those that got
// lost and for key pictures, puts pictures together, stamps units by package clock and publishes them.
//
// It does not negotiate: package rtc has. It makes nothing up: what a browser does not send is a hole, which the next
// unit tells of.
//
// A Publisher belongs to the goroutine that runs it; its Stats may be asked for by anyone. Run joins everything it
// started: two goroutines for each kind of media, one for packets and one for reports.
//
// In the media flow: rtc -> rtpio.Inlet -> h264, vp8 -> clock -> here -> stream.
package webrtc
