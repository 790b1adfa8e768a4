package rtmp

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/rtmp"
)

// TestPlayerHearsOfSoundFirst: seconds of pictures that a stream has kept come behind the news that there is sound.
func TestPlayerHearsOfSoundFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, m, f := &tape{}, newMuxer(), pictures(t)
		m.connect(out)
		o := newOverture(m)
		for n := range 200 {
			require.NoError(t, o.write(frame(f, time.Duration(n)*40*ms, n == 0)))
		}
		require.Empty(t, out.tags)
		require.NoError(t, o.write(tone(8*time.Second)))
		require.Equal(t, rtmp.TagAudio, out.tags[0].Type)
		require.Zero(t, out.tags[0].Payload[1], "how to read it")
		require.Len(t, out.stamps(rtmp.TagVideo), 200)
		require.Equal(t, []uint32{8000}, out.stamps(rtmp.TagAudio))
		require.NoError(t, o.write(frame(f, 8*time.Second, false)))
		require.Len(t, out.stamps(rtmp.TagVideo), 201, "from now on at once")
	})
}

// TestPicturesWithoutSound wait a moment for it, and no longer.
func TestPicturesWithoutSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, m, f := &tape{}, newMuxer(), pictures(t)
		m.connect(out)
		o := newOverture(m)
		require.NoError(t, o.write(frame(f, 0, true)))
		require.Empty(t, out.tags)
		time.Sleep(hush)
		require.NoError(t, o.write(frame(f, hush, false)))
		require.Equal(t, []uint32{0, 500}, out.stamps(rtmp.TagVideo))
	})
}
