package app

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOutletWritesAllInOrder(t *testing.T) {
	var seen bytes.Buffer
	o := newOutlet(&seen)
	for _, text := range []string{"one\n", "two\n"} {
		_, err := io.WriteString(o, text)
		require.NoError(t, err)
	}
	o.Close()
	require.Equal(t, "one\ntwo\n", seen.String())
	_, err := io.WriteString(o, "after the end")
	require.NoError(t, err)
	o.Close()
}

// TestNobodyWaitsForAReader: a terminal that was halted halts nothing else, neither while the program runs nor at its end.
func TestNobodyWaitsForAReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		o := newOutlet(w)
		for range outletRoom + 10 {
			_, err := io.WriteString(o, "line\n")
			require.NoError(t, err)
		}
		began := time.Now()
		o.Close()
		require.Equal(t, outletTime, time.Since(began))

		go func() {
			<-o.done
			_ = w.Close()
		}()
		seen, err := io.ReadAll(r) // it reads again
		require.NoError(t, err)
		require.Contains(t, string(seen), "texts are missing")
		require.GreaterOrEqual(t, strings.Count(string(seen), "line\n"), outletRoom)
	})
}
