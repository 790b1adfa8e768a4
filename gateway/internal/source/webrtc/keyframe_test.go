package webrtc

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestKeyPictureIsAskedForUntilItComes looks every 50 ms, as the publisher does.
func TestKeyPictureIsAskedForUntilItComes(t *testing.T) {
	var k keyRequest
	begin := time.Now()
	asked := func(from, to time.Duration) (when []time.Duration) {
		for at := from; at < to; at += beat {
			if k.due(begin.Add(at)) {
				when = append(when, at)
			}
		}
		return when
	}
	const ms, s = time.Millisecond, time.Second
	require.Empty(t, asked(0, s), "nobody wants it")
	k.want(begin.Add(s))
	require.Equal(t, []time.Duration{s, 1500 * ms, 2500 * ms, 4500 * ms}, asked(s, 8*s), "ever less often")
	k.want(begin.Add(8 * s))
	require.Equal(t, []time.Duration{8500 * ms, 16500 * ms, 24500 * ms}, asked(8*s, 25*s), "that it is wanted already is no news")
	k.got()
	require.Empty(t, asked(25*s, 50*s))
	k.want(begin.Add(50 * s))
	require.Equal(t, []time.Duration{50 * s}, asked(50*s, 50*s+100*ms))
	k.got()
	k.want(begin.Add(50*s + 100*ms))
	require.Equal(t, []time.Duration{50*s + 250*ms}, asked(50*s+100*ms, 50*s+600*ms), "not right after the last")
	require.EqualValues(t, 9, k.count())
}
