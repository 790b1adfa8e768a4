// Package sip makes the media of one SIP call the source of a stream, and keeps media flowing back.
//
// It negotiates by package sdp, receives through package rtpio, puts pictures together, asks for key frames, stamps units
// by package clock and publishes them. What the other side does not send is made up: silence where there is no audio, a
// slate where there is no picture, so that nothing that reads the stream starves. It knows no SIP messages: signalling
// hands it descriptions and a way to send INFO.
//
// What it sends back is silence and a slate too, until another stream is injected, a sound is played or keys are pressed;
// or, where somebody talks in the call, what they say, as soon as it comes.
//
// A Source has the goroutines of its two RTP sessions and one of its own, the pacer, which does everything that happens
// by the clock; an injection and a SIP INFO in flight have one more each. Close joins them all. All methods
// may be called from any goroutine.
//
// In the media flow: rtpio -> h264 -> clock -> here -> stream, and silence, slate and tones -> rtpio, or another
// stream -> playout -> here -> rtpio.
package sip
