// Package transcode turns media that a sink cannot take into media that it can: any sound into any other, H.264 into VP8
// and back, H.264 into H.264 without pictures that refer to later ones, and video into pictures for the eye. The halves of
// a conversion of sound can be had alone: Sound gives samples, SoundEncoder takes them.
//
// It is the only place that knows libav, libopus, which is used directly because libav's way to it conceals no losses and
// costs twice as much, and with the build tag g729 bcg729. The C side is av.h; with the build tag nolibav, or without cgo, the package
// builds without libav, converts between the laws of G.711 and refuses everything else with gateway.CodeUnavailable.
//
// Place in the media flow: stream runs one Converter per derived track; sink/preview runs one Decoder per preview.
//
// A Transcoder is safe for concurrent use. Everything else belongs to one goroutine, holds C memory, and is closed
// explicitly: there are no finalizers. Of a converter of video any goroutine may call RequestKeyframe.
package transcode
