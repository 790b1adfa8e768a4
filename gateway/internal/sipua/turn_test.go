package sipua

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOtherSideGoesOnAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		ours  bool
		lasts time.Duration
		want  bool
		waits time.Duration
	}{
		"nothing is under way":          {want: true},
		"its change is about to end":    {lasts: echo / 2, want: true, waits: echo / 2},
		"its change is under way":       {lasts: time.Hour, waits: echo},
		"our change is under way":       {ours: true, lasts: time.Hour},
		"our change, about to end also": {ours: true, lasts: echo / 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				turn := newTurn()
				switch {
				case c.ours:
					require.NoError(t, turn.wait(t.Context()))
				case c.lasts > 0:
					require.True(t, turn.try())
				}
				if c.lasts > 0 {
					time.AfterFunc(c.lasts, turn.pass)
				}
				began := time.Now()
				require.Equal(t, c.want, turn.tryAgain())
				require.Equal(t, c.waits, time.Since(began))
				time.Sleep(c.lasts)
			})
		})
	}
}
