package assets

import _ "embed"

//go:embed slate/slate.h264
var slate string

// Slate is the picture that stands in for missing video, as an H.264 byte stream (Annex B) of two IDR pictures that
// look the same: they are shown in turn. It is made by slate/mkslate.sh.
func Slate() []byte { return []byte(slate) }

//go:embed slate/slate.vp8
var slateVP8 string

// SlateVP8 is the same picture as one key frame of VP8.
func SlateVP8() []byte { return []byte(slateVP8) }
