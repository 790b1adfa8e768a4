// Package rtmptest holds what the tests of RTMP share: a clip as units (Clip), a real nginx-rtmp (Nginx), and checks of
// what arrived by its content (Recording). It needs ffmpeg, ffprobe, nginx and its rtmp module.
package rtmptest
