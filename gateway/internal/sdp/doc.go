// Package sdp makes and reads the session descriptions of SIP calls: offer and answer (RFC 3264, RFC 8866) as pure
// functions over bytes. A session has one audio and one video stream; anything else is refused in its place.
//
// It is tolerant in what it reads, because telephones are careless in what they write, and says why it refused what it
// refused. It opens no ports, resolves no names and keeps no state; any goroutine may call it.
//
// In the media flow it decides what rtpio receives, where it sends, and what the depacketiser is told beforehand.
package sdp
