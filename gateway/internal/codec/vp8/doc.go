// Package vp8 turns RTP payloads into pictures (RFC 7741) and back, and reads the header of a key frame (RFC 6386). It
// does not decode pictures.
//
// It stands between rtpio, which delivers packets in order, and the source, which stamps pictures and publishes them;
// sinks that send RTP cut units with it.
//
// Nothing here starts a goroutine or keeps a lock: a Depacketiser or a Packetiser belongs to the one goroutine that feeds
// it, everything else is a pure function. Input is never changed or kept.
package vp8
