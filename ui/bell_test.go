package ui

import (
	"testing"

	fynetest "fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
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

func TestBellIsNotHeardInACall(t *testing.T) {
	b := onRinging(t)
	talk := upCall("a", "1002")
	for _, c := range []struct {
		devices gateway.DeviceUse
		muted   bool
		status  gateway.CallStatus
		rings   bool
	}{
		{devices: gateway.DeviceUse{Camera: "c"}, status: gateway.CallEstablished, rings: true},
		{devices: gateway.DeviceUse{Microphone: "m"}, status: gateway.CallEstablished},
		{devices: gateway.DeviceUse{Microphone: "m"}, status: gateway.CallEstablished, muted: true, rings: true},
		{devices: gateway.DeviceUse{Microphone: "m"}, status: gateway.CallHold, rings: true},
		{devices: gateway.DeviceUse{Microphone: "m"}, status: gateway.CallEstablished},
		{devices: gateway.DeviceUse{Microphone: "m"}, status: gateway.CallFinish, rings: true},
	} {
		talk.Devices, talk.Muted, talk.Status = c.devices, c.muted, c.status
		b.fake.SetCall(talk)
		b.until("the bell does as it should", func() bool { return b.rings[len(b.rings)-1] == c.rings })
	}
	require.Equal(t, []bool{true, false, true, false, true}, b.rings)
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
