// Package content proves media by what is in it. It decodes a recording with the ffmpeg command line - not with
// Callcast's own code - and reads from the pictures and the sound what assets/clip/mkclip.sh drew into the demo clip:
// the frame counter, the flash and the beep of each second. It also judges the container's timestamps.
package content
