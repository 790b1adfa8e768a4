package assets

import (
	"embed"
	"fmt"
)

// The demo clip loops without a seam. Its files are made by clip/mkclip.sh, which says what is drawn in them.
const (
	ClipFrames    = 100 // pictures in the loop
	ClipRate      = 25  // pictures per second
	ClipEntryStep = 5   // an IDR exists for each picture whose number is a multiple of this
	ClipWidth     = 640
	ClipHeight    = 360
)

//go:embed clip/*.h264
var clipVideo embed.FS

//go:embed clip/loop.alaw
var clipAudio string

// ClipVideo is the loop from picture entry to its end as an H.264 byte stream (Annex B with access unit delimiters)
// that begins with an IDR. entry is a multiple of ClipEntryStep below ClipFrames.
func ClipVideo(entry int) ([]byte, error) {
	return clipVideo.ReadFile(fmt.Sprintf("clip/from%02d.h264", entry))
}

// ClipAudio is the sound of the whole loop, A-law at 8 kHz.
func ClipAudio() []byte { return []byte(clipAudio) }
