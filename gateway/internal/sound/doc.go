// Package sound reads the sound files that are played into calls: WAV files in one folder, which it does not look beyond.
//
// Files come from users, so nothing that one says is believed before it is checked: no header makes it fail otherwise than
// by an error, or allocate more than a few times the file's size, which is limited.
//
// Everything here is a function without state; any goroutine may call it.
//
// In the media flow: file -> here -> resampled by transcode -> the sending half of source/sip.
package sound
