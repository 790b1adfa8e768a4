package dtmf

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOnce(t *testing.T) {
	type told struct {
		ms  int
		key rune
		way Way
	}
	for name, test := range map[string]struct {
		told []told
		want string
	}{
		"one way":             {[]told{{0, '1', ByEvent}, {100, '1', ByEvent}, {200, '1', ByEvent}}, "111"},
		"two ways":            {[]told{{0, '1', ByEvent}, {80, '1', ByInfo}, {300, '2', ByInfo}, {310, '2', ByEvent}}, "12"},
		"the same, two ways":  {[]told{{0, '1', ByEvent}, {200, '1', ByEvent}, {250, '1', ByInfo}, {450, '1', ByInfo}}, "11"},
		"three ways":          {[]told{{0, '1', ByEvent}, {50, '1', BySound}, {80, '1', ByInfo}}, "1"},
		"another key between": {[]told{{0, '1', ByEvent}, {50, '2', ByEvent}, {80, '1', ByInfo}, {90, '2', ByInfo}}, "12"},
		"long after":          {[]told{{0, '1', ByEvent}, {1500, '1', ByInfo}}, "11"},
		"first was lost once": {[]told{{0, '1', ByInfo}, {500, '1', ByEvent}, {600, '1', ByInfo}}, "11"},
	} {
		t.Run(name, func(t *testing.T) {
			var o Once
			got, begun := "", time.Now()
			for _, p := range test.told {
				if o.New(p.key, p.way, begun.Add(time.Duration(p.ms)*time.Millisecond)) {
					got += string(p.key)
				}
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestOnceForgets(t *testing.T) {
	var o Once
	for i := range 1000 {
		o.New('1', ByInfo, time.Unix(int64(i), 0))
	}
	require.LessOrEqual(t, len(o.recent), 2)
}
