package assets

import _ "embed"

//go:embed slate/slate.h264
var slate string

// Slate is the picture that stands in for missing video, as an H.264 byte stream (Annex B) of two IDR pictures that
// look the same: they are shown in turn. It is made by slate/mkslate.sh.
func Slate() []byte { return []byte(slate) }
