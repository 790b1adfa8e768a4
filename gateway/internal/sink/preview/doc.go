// Package preview decodes a stream for the eye and for the level meter. It is the sink behind gateway.Preview.
//
// Every picture has to be decoded, for the next one builds on it; but a picture is scaled and converted only if
// somebody asked for one since, and not more often than the frame rate asked for. So a preview that nobody looks at
// costs its decoding and nothing else.
//
// Concurrency: one goroutine owns the reader and the decoder; Close joins it. Frame, Level and Close are safe for
// concurrent use.
package preview
