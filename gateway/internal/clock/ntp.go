package clock

import "time"

// ntpUnix is the Unix epoch in seconds of NTP, which counts from 1900.
const ntpUnix = 2208988800

// NTP converts a time to the 64-bit stamp of RTCP (RFC 3550 section 4): seconds in the upper half, the fraction in the
// lower.
func NTP(t time.Time) uint64 {
	seconds := uint64(t.Unix() + ntpUnix)
	fraction := uint64(t.Nanosecond()) << 32 / uint64(time.Second)
	return seconds<<32 | fraction
}

// wallClock converts an NTP stamp to the time since an arbitrary but fixed moment. It goes on through the end of the
// NTP era in 2036.
func wallClock(ntp uint64) time.Duration {
	const moment = uint64(0xED000000) << 32 // in 2026
	since := int64(ntp - moment)
	seconds, fraction := since>>32, uint64(since)&0xFFFFFFFF
	return time.Duration(seconds)*time.Second + time.Duration(fraction*uint64(time.Second)>>32)
}
