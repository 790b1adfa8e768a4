package stream

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

// TestPatientReaderIsWokenOnTheBeat gives a patient reader a unit each 20 ms: it is awake only at multiples of its
// patience, for several units at once, and gets none later than its patience.
func TestPatientReaderIsWokenOnTheBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const patience = 100 * time.Millisecond
		s := newStream(t, nil)
		p := s.Publish(PublisherParams{})
		r := s.Attach(ReaderParams{Audio: []media.Codec{media.PCMA}, Patience: patience})
		time.Sleep(33 * time.Millisecond) // off the beat
		go func() {
			for n := range 50 {
				u := sound(n)
				u.Arrived = time.Now()
				p.Write(u)
				time.Sleep(20 * time.Millisecond)
			}
			s.Close()
		}()
		awake := map[time.Duration]int{} // units by how far off the beat they were read
		moments := map[time.Time]bool{}
		for n := range 50 {
			u, err := r.Next(t.Context())
			require.NoError(t, err)
			require.Equal(t, []byte{byte(n)}, u.Payload)
			require.LessOrEqual(t, time.Since(u.Arrived), patience)
			awake[clockOffset(patience)]++
			moments[time.Now()] = true
		}
		require.Equal(t, map[time.Duration]int{33 * time.Millisecond: 1, 0: 49}, awake, "at once after a pause, then on the beat")
		require.LessOrEqual(t, len(moments), 12)
		_, err := r.Next(t.Context())
		require.Error(t, err)
	})
}

func clockOffset(step time.Duration) time.Duration {
	return time.Duration(time.Now().UnixNano() % int64(step))
}
