package call

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestMute(t *testing.T) {
	live(t, nil, func(t *testing.T, s *scene) {
		require.Error(t, s.Mute(t.Context(), true), "it is not established")
		s.OnAnswered(200, nil)
		for _, muted := range []bool{true, false} {
			require.NoError(t, s.Mute(t.Context(), muted))
			synctest.Wait()
			require.Equal(t, muted, s.last().Muted)
			require.Equal(t, muted, s.voice.muted)
		}
		s.OnEnded(true, "")
	})
}
