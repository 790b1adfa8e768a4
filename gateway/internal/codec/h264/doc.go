// Package h264 turns RTP payloads into pictures (RFC 6184) and back, and reads what the gateway has to know about a
// stream: parameter sets, picture size, key frames. It does not decode pictures.
//
// It stands between rtpio, which delivers packets in order, and the source, which stamps pictures and publishes them;
// sinks use it to iterate NAL units and to describe a stream to RTMP and MP4.
//
// Nothing here starts a goroutine or keeps a lock: a Depacketiser belongs to the one goroutine that feeds it, everything
// else is a pure function. Input is never changed or kept.
package h264
