// Package rtmp speaks RTMP 1.0 on one TCP or TLS connection: Dial publishes to a server, DialPlay plays from one, Accept
// serves a client that publishes or plays. It carries FLV tags (Tag) and knows nothing of streams or units: source/rtmp
// and sink/rtmp map tags to units and back, and dial again and again as Backoff lets them; rtmp/server listens.
//
// What is said goes through go-rtmp: handshake, commands, AMF encoding, chunk writing. What is heard does not: go-rtmp
// takes lengths from the network at their word (a strict array of 2^31 values is allocated before its first value is
// read), panics on an empty message and cannot be told what the peer's onStatus was. So chunks and AMF are read here,
// within fixed bounds (see chunk.go and amf.go); each reader has a fuzz target.
//
// go-rtmp's encoder is shared by all its writers, hence conn lets one caller write at a time. Every byte leaves with a
// deadline, and the first failure, of whichever side, closes the socket: nothing is written after a write error.
//
// The package is the only importer of go-rtmp and go-amf0.
package rtmp
