package clock

import "time"

// Ticks converts a time to ticks of a clock, rounded to the nearest tick. It is exact for any time.Duration.
func Ticks(d time.Duration, rate int) int64 {
	const second = int64(time.Second)
	whole, rest := int64(d)/second, int64(d)%second
	return whole*int64(rate) + divide(rest*int64(rate), second)
}

// Duration converts ticks of a clock to time, rounded to the nearest nanosecond, so that Ticks gives the same ticks
// back.
func Duration(ticks int64, rate int) time.Duration {
	whole, rest := ticks/int64(rate), ticks%int64(rate)
	return time.Duration(whole)*time.Second + time.Duration(divide(rest*int64(time.Second), int64(rate)))
}

// divide rounds to the nearest integer, halves away from zero.
func divide(a, b int64) int64 {
	if a < 0 {
		return -((-a + b/2) / b)
	}
	return (a + b/2) / b
}
