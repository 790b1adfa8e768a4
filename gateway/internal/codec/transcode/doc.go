// Package transcode turns media that a sink cannot take into media that it can: G.711 into AAC-LC for RTMP, G.711
// and AAC into Opus for browsers, and H.264 into pictures for the eye.
//
// It is the only place that knows libav. The C side is av.c; with the build tag nolibav, or without cgo, the package
// builds without libav and every conversion is refused with gateway.CodeUnavailable.
//
// Place in the media flow: stream runs one Converter per derived track; sink/preview runs one Decoder per preview.
//
// A Transcoder is safe for concurrent use. A Converter or a Decoder belongs to one goroutine, holds C memory, and is
// closed explicitly: there are no finalizers.
package transcode
