package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	fynetest "fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/ui/widgets"
)

// choices are the visible choices of devices: microphone, camera.
func (b *bench) choices() []*widgets.Choice {
	var found []*widgets.Choice
	b.walk(func(o fyne.CanvasObject) {
		if c, ok := o.(*widgets.Choice); ok {
			found = append(found, c)
		}
	})
	return found
}

func onCall(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, FormDefaults{})
	b.fake.SetCall(upCall("a", "1002"))
	b.sees("CONNECTED")
	return b
}

func TestHoldAndMute(t *testing.T) {
	b := newBench(t, FormDefaults{})
	require.True(t, b.button("Hold").Disabled())
	require.True(t, b.button("Mute").Disabled())
	require.True(t, b.button("Transfer…").Disabled())
	b.fake.SetCall(upCall("a", "1002"))
	b.sees("CONNECTED")
	b.tap("Hold")
	b.sees("ON HOLD")
	require.True(t, b.shows("held here"), "%q", b.texts())
	b.tap("Resume")
	b.sees("CONNECTED")
	b.tap("Mute")
	b.sees("muted")
	b.shortcut(fyne.KeyM)
	b.until("unmuted", func() bool { return !b.shows("muted") && b.shows("Mute") })

	call := upCall("a", "1002")
	call.Status, call.Held.Remote = gateway.CallHold, true
	b.fake.SetCall(call)
	b.sees("held by the other side")
	require.False(t, b.button("Hold").Disabled())
}

func TestRefusedHoldIsTold(t *testing.T) {
	b := onCall(t)
	b.fake.RefuseFunc = func(string) error {
		return &gateway.Error{Code: gateway.CodeConflict, Reason: gateway.ReasonHoldRefused, Message: "no"}
	}
	b.tap("Hold")
	b.sees("The other side does not agree to hold or take back the call.")
	require.True(t, b.shows("CONNECTED"))
}

func TestRefusalsAreInTheOperatorsLanguage(t *testing.T) {
	b := unstarted(t, "ru_RU.UTF-8")
	b.start(FormDefaults{})
	call := upCall("a", "1002")
	call.Refused = []gateway.MediaLine{
		{Kind: "audio", Reason: gateway.LineNotTaken, Ours: []string{"opus", "G722"}, Why: "opus, G722: not taken by the other side"},
		{Kind: "video", Reason: gateway.LineDeclined, Why: "refused by the other side (port 0)"},
	}
	b.fake.SetCall(call)
	b.sees("Звук: opus, G722: абонент не принял\nВидео: абонент отказался (порт 0)")

	call.Status, call.Ending = gateway.CallFailed, gateway.Ending{Reason: gateway.EndNoMedia, Text: "no media agreed"}
	call.Refused = []gateway.MediaLine{{Kind: "audio", Reason: gateway.LineFamily, Theirs: []string{"2001:db8::2"}, Ours: []string{"192.0.2.1"}}}
	b.fake.SetCall(call)
	b.sees("Договориться не удалось. Звук: версии IP не совпадают: абонент принимает по 2001:db8::2, мы по 192.0.2.1; " +
		"измените sip_host, адрес SIP-сервера или адрес у абонента")
}

func TestWhatWasRefusedAndHeardIsShown(t *testing.T) {
	b := newBench(t, FormDefaults{})
	call := upCall("a", "1002")
	call.Encrypted, call.Digits = true, "12#"
	call.Refused = []gateway.MediaLine{{Kind: "video", Why: "the other side takes no H264"}}
	b.fake.SetCall(call)
	b.sees("Video: the other side takes no H264")
	require.True(t, b.console.monitor.Locked())
	require.True(t, b.shows("SRTP"))
	b.tap("Keypad")
	require.True(t, b.shows("Received: 12#"), "%q", b.texts())

	call.Transfer = gateway.Transfer{Target: "1003", Status: gateway.TransferPending}
	b.fake.SetCall(call)
	b.sees("being transferred to 1003")
	call.Transfer = gateway.Transfer{Target: "1003", Status: gateway.TransferFailed, SIPStatus: 486, Text: "Busy Here"}
	call.Encrypted = false
	b.fake.SetCall(call)
	b.tap("Keypad")
	b.sees("The transfer to 1003 failed: 486 Busy Here. The call goes on.")
	require.False(t, b.console.monitor.Locked())
}

func TestDevices(t *testing.T) {
	b := onCall(t)
	b.fake.SetStream(gateway.Stream{Name: "mirror", Live: true})
	b.fake.SetDevices(
		gateway.Device{ID: "m1", Kind: "audio", Name: "Desk"}, gateway.Device{ID: "m2", Kind: "audio", Name: "Headset"},
		gateway.Device{ID: "c1", Kind: "video", Name: "Camera"})
	b.tap("Devices")
	b.until("devices listed", func() bool { return len(b.choices()[0].Options) == 3 })
	require.Equal(t, []string{"none", "Desk", "Headset"}, b.choices()[0].Options)
	require.Equal(t, []string{"none", "Camera"}, b.choices()[1].Options)
	require.Equal(t, "none", b.choices()[0].Selected)
	b.choices()[0].SetSelected("Headset")
	b.sees("microphone on")
	b.choices()[1].SetSelected("Camera")
	b.sees("microphone on · camera on")
	require.Equal(t, gateway.DeviceUse{Microphone: "m2", Camera: "c1"}, b.fake.Snapshot().Calls[0].Devices)

	call := b.fake.Snapshot().Calls[0]
	call.Devices = gateway.DeviceUse{Microphone: "m1", Camera: "c1", SelfView: "mirror"}
	b.fake.SetCall(call)
	b.until("the call's own microphone", func() bool { return b.choices()[0].Selected == "Desk" })
	b.until("self-view", func() bool { return b.console.monitor.SeesItself() })
	require.Equal(t, 1, b.fake.OpenPreviews())
	call.Devices = gateway.DeviceUse{}
	b.fake.SetCall(call)
	b.until("no self-view", func() bool { return b.fake.OpenPreviews() == 0 })
	require.True(t, b.shows("With a camera you see yourself here."), "%q", b.texts())
}

func TestDevicesAreLookedUpWhenTheListIsOpened(t *testing.T) {
	b := onCall(t)
	b.tap("Devices")
	b.until("asked", func() bool { return len(b.choices()[0].Options) == 1 })
	b.fake.SetDevices(gateway.Device{ID: "m1", Kind: "audio", Name: "Plugged in now"})
	fynetest.Tap(b.choices()[0])
	b.until("a fresh list", func() bool { return len(b.choices()[0].Options) == 2 })
	require.NotNil(t, b.console.Window().Canvas().Overlays().Top(), "the list is not open")
}

func TestBusyDeviceIsToldAtItsChoice(t *testing.T) {
	b := onCall(t)
	b.fake.SetDevices(gateway.Device{ID: "m1", Kind: "audio", Name: "Desk"})
	b.tap("Devices")
	b.until("devices listed", func() bool { return len(b.choices()[0].Options) == 2 })
	b.fake.RefuseFunc = func(string) error {
		return &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonDeviceBusy, Field: "microphone", Message: "busy"}
	}
	b.choices()[0].SetSelected("Desk")
	b.sees("Another program uses this device, or access to it is forbidden. Close that program or allow access.")
	require.Equal(t, "none", b.choices()[0].Selected, "shown as used though it is not")
}

func TestBlindTransfer(t *testing.T) {
	b := onCall(t)
	b.tap("Transfer…")
	require.True(t, b.button("Transfer").Disabled())
	fynetest.Type(b.ask()[0], "two words")
	require.True(t, b.shows("Give a number, a name, user@host or sip:user@host:port."))
	b.ask()[0].SetText("")
	fynetest.Type(b.ask()[0], "1003")
	b.tap("Transfer")
	b.until("asked", func() bool { return len(b.fake.Transfers()) == 1 })
	require.Equal(t, gateway.TransferSpec{CallID: "a", Target: "1003"}, b.fake.Transfers()[0])
	b.until("closed", func() bool { return b.console.Window().Canvas().Overlays().Top() == nil })
}

func TestAttendedTransfer(t *testing.T) {
	b := onCall(t)
	b.fake.SetCall(upCall("b", "1003"))
	b.sees("Calls (2)")
	b.shortcut(fyne.KeyJ)
	fynetest.Type(b.ask()[0], "1004")
	b.choice().SetSelected("1003 · stream-b")
	require.Empty(t, b.ask()[0].Text, "both are asked for")
	b.tap("Transfer")
	b.until("asked", func() bool { return len(b.fake.Transfers()) == 1 })
	require.Equal(t, gateway.TransferSpec{CallID: "a", Replaces: "b"}, b.fake.Transfers()[0])
}

func TestTransferOfACallThatEnds(t *testing.T) {
	b := onCall(t)
	b.tap("Transfer…")
	fynetest.Type(b.ask()[0], "1003")
	call := upCall("a", "1002")
	call.Status, call.Ended, call.Ending = gateway.CallFinish, time.Now(), gateway.Ending{Reason: gateway.EndRemote}
	b.fake.SetCall(call)
	b.sees("This call is over.")
	require.True(t, b.button("Transfer").Disabled())
}
