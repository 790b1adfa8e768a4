package ui

import (
	"testing"

	fynetest "fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"
)

func TestBellRingsFromTheFirstCallToTheLast(t *testing.T) {
	b := onRinging(t)
	require.Equal(t, []bool{true}, b.rings)
	b.fake.SetCall(ringing("r2", "Boris"))
	b.sees("Boris (1005)")
	fynetest.Tap(b.keyButton("Answer"))
	b.sees("CONNECTED")
	require.Equal(t, []bool{true}, b.rings, "one call still waits")
	fynetest.Tap(b.keyButton("Reject"))
	b.until("nobody waits", func() bool { return len(b.console.model.Ringing()) == 0 })
	require.Equal(t, []bool{true, false}, b.rings)
}

func TestCallThatIsTakenBackDoesNotRingOn(t *testing.T) {
	b := onRinging(t)
	b.fake.RemoveCall("r1")
	b.until("nobody waits", func() bool { return len(b.console.model.Ringing()) == 0 })
	require.Equal(t, []bool{true, false}, b.rings)
}

func TestSilencedBellIsRemembered(t *testing.T) {
	b := onRinging(t)
	b.tap("Rings aloud")
	require.Equal(t, []bool{true, false}, b.rings, "not silenced at once")
	require.True(t, b.shows("Anna (1005)"))
	b.tap("Rings silently")
	require.Equal(t, []bool{true, false, true}, b.rings)
	b.tap("Rings aloud")

	b.stop()
	b.rings = nil
	b.start(FormDefaults{})
	b.sees("Anna (1005)")
	require.True(t, b.shows("Rings silently"))
	require.Empty(t, b.rings)
}
