// Package clock puts the RTP tracks of one sender on one timeline.
//
// It turns 32-bit RTP stamps and arrival times (and RTCP sender reports, where they make sense) into presentation
// times that start at zero, do not go back and stay in step between audio and video for as long as the stream lives.
// All scaling between clock ticks and time in the project is done here.
//
// The rules, in short:
//
//   - The audio track is the reference. Its presentation times advance with the sender's own clock, exactly, and are
//     never bent; so the stream does not depend on the local clock except for where a new beginning is put.
//   - The video track is bent until it stands where it belongs beside the audio: by the arrival times of both, freed
//     from jitter by keeping only the fastest packets of some seconds; and by the sender reports once both tracks have
//     confirmed ones that agree roughly with the arrival times.
//   - A correction is slewed. A track that is far behind is stepped forward, which is reported as a jump. A track that
//     is far ahead is slowed to half speed, because time must not go back.
//   - A stamp that leaves the arrival times by more than two seconds is a discontinuity: the track begins anew where
//     it arrives.
//
// The package is not a jitter buffer: it never delays or drops anything. It has no sockets and no goroutines, reads no
// clock but the times it is given, and may be used from several goroutines at once. In the media flow it stands between
// depacketising and the stream.
package clock
