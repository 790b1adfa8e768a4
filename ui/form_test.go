package ui

import (
	"context"
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	fynetest "fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/ui/widgets"
)

// The entries of the form, in its order.
const (
	entryLogin = iota
	entryAuthName
	entryPassword
	entryDomain
	entryProxy
	entryPort
	entryCallee
	entryStream
	entryURL
	entryKey
)

func (b *bench) entries() []*widgets.Entry {
	var entries []*widgets.Entry
	b.walk(func(o fyne.CanvasObject) {
		if e, ok := o.(*widgets.Entry); ok {
			entries = append(entries, e)
		}
	})
	require.Len(b.t, entries, entryKey+1)
	return entries
}

func (b *bench) check(text string) *widget.Check {
	var found *widget.Check
	b.walk(func(o fyne.CanvasObject) {
		if c, ok := o.(*widget.Check); ok && c.Text == text {
			found = c
		}
	})
	require.NotNil(b.t, found)
	return found
}

func (b *bench) typeIn(values map[int]string) {
	entries := b.entries()
	for i, text := range values {
		entries[i].SetText("")
		fynetest.Type(entries[i], text)
	}
}

func minimal() map[int]string {
	return map[int]string{entryLogin: "1001", entryDomain: "pbx.example.com", entryCallee: "1002"}
}

func TestCallIsStartedAsTyped(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.typeIn(map[int]string{
		entryLogin: "1001", entryAuthName: "auth-1001", entryPassword: " pass word ", entryDomain: "pbx.example.com",
		entryProxy: "10.0.0.1:5070", entryPort: "5080", entryCallee: "sip:1002@other.example.com", entryStream: "studio",
		entryURL: "rtmp://127.0.0.1:1935/live", entryKey: "k-e-y",
	})
	b.check("Register").SetChecked(true)
	b.check("Has video").SetChecked(false)
	b.tap("Call")
	b.sees("CALLING")

	started := b.fake.Started()
	require.Len(t, started, 1)
	require.NotEmpty(t, started[0].ID)
	started[0].ID = ""
	require.Equal(t, gateway.CallSpec{
		Callee: "sip:1002@other.example.com",
		Account: gateway.Account{
			Login: "1001", AuthName: "auth-1001", Password: " pass word ", Domain: "pbx.example.com",
			OutboundProxy: "10.0.0.1:5070", Port: 5080, Transport: gateway.TransportUDP, Register: true,
		},
		Stream: "studio", RTMPURL: "rtmp://127.0.0.1:1935/live", RTMPStream: "k-e-y", HasAudio: true,
	}, started[0])
}

func TestProblemsAreShownAsTyped(t *testing.T) {
	tests := []struct {
		name   string
		typed  map[int]string
		remedy string
	}{
		{"login with a space", map[int]string{entryLogin: "10 01"}, "Letters, digits and -_.!~*'()&=+$,;?/ only: no spaces, no <>, no @domain."},
		{"login in brackets", map[int]string{entryLogin: "<1001>"}, "Letters, digits and -_.!~*'()&=+$,;?/ only: no spaces, no <>, no @domain."},
		{"port too high", map[int]string{entryPort: "70000"}, "A port is a number from 1 to 65535."},
		{"port zero", map[int]string{entryPort: "0"}, "A port is a number from 1 to 65535."},
		{"port in words", map[int]string{entryPort: "sip"}, "A port is a number from 1 to 65535."},
		{"domain", map[int]string{entryDomain: "pbx example"}, "This host cannot be found. Check the name, or give an IP address, with :port if needed."},
		{"callee", map[int]string{entryDomain: "pbx", entryCallee: "two words"}, "Give a number, a name, user@host or sip:user@host:port."},
		{"scheme", map[int]string{entryURL: "http://host/live"}, "The address starts with rtmp:// or rtmps://."},
		{"stream", map[int]string{entryStream: "a/b"}, "Latin letters, digits and .-_ are safe: no spaces, slashes, quotes or <>?#%&."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, FormDefaults{})
			require.False(t, b.shows(tt.remedy), "an untouched form complains already")
			b.typeIn(tt.typed)
			require.True(t, b.shows(tt.remedy), "shown: %q", b.texts())
			for i := range tt.typed {
				b.entries()[i].SetText(minimal()[i])
			}
			require.False(t, b.shows(tt.remedy), "the remedy stays after the mistake is mended")
		})
	}
}

func TestIncompleteFormPointsAtTheFirstGap(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.tap("Call")
	require.Empty(t, b.fake.Started())
	require.True(t, b.shows("Give the user name of the SIP account."))
	require.True(t, b.shows("Give the domain of the SIP account, e.g. sip.example.com."))
	require.True(t, b.shows("Give the number or address to call."))
	require.Same(t, b.entries()[entryLogin], b.console.Window().Canvas().Focused())
}

func TestRefusalStandsUnderItsField(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.fake.StartCallFunc = func(context.Context, gateway.CallSpec) error {
		return &gateway.Error{Code: gateway.CodeConflict, Reason: gateway.ReasonTargetInUse, Field: "rtmpUrl", Message: "in use"}
	}
	b.typeIn(minimal())
	b.tap("Call")
	b.sees("Another call is on air at this RTMP address. End it or give another key.")
	require.Same(t, b.entries()[entryURL], b.console.Window().Canvas().Focused())
	require.False(t, b.button("Call").Disabled())
}

func TestPublishAddressIsMasked(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.typeIn(map[int]string{entryURL: "rtmp://user:secret@host/live?token=secret", entryKey: "secret"})
	require.True(t, b.shows("Publishes to rtmp://host/live/rtmp_•••. Callcast adds rtmp_ to the name, as WCS does."), "%q", b.texts())
	b.typeIn(map[int]string{entryURL: "rtmp://host/live/secret", entryKey: ""})
	require.True(t, b.shows("Publishes to rtmp://host/live/•••, the address as it stands."), "%q", b.texts())
	for _, text := range b.texts() {
		require.NotContains(t, text, "secret")
	}
}

func TestFormIsWalkedWithTheKeyboard(t *testing.T) {
	b := newBench(t, FormDefaults{})
	call := upCall("a", "1002")
	b.fake.SetStream(liveStream(call))
	b.fake.SetCall(call)
	b.until("keyframe can be asked for", func() bool { return !b.button("Keyframe").Disabled() })
	canvas := b.console.Window().Canvas()
	var order []string
	for range 60 {
		canvas.FocusNext()
		switch w := canvas.Focused().(type) {
		case *widgets.Entry:
			for i, e := range b.entries() {
				if e == w {
					order = append(order, fmt.Sprint("entry ", i))
				}
			}
		case *widget.Button:
			order = append(order, w.Text)
		case *widget.Check:
			order = append(order, w.Text)
		case *widget.Select:
			order = append(order, w.Selected)
		case *widget.List:
			order = append(order, "list")
		}
		if len(order) > 1 && order[len(order)-1] == order[0] {
			break
		}
	}
	require.Equal(t, []string{
		"entry 0", "entry 1", "entry 2", "entry 3", "entry 4", "entry 5", "UDP", "Register", "More…", "entry 6", "entry 7",
		"entry 8", "entry 9", "Has audio", "Has video", "Call", "Hang up", "Keyframe",
		"Hold", "Mute", "Transfer…", "Keypad", "Devices",
		"Calls (1)", "Streams (1)", "Ended calls (0)", "Accounts (0)", "SIP", "list", "Rings aloud", "entry 0",
	}, order)
}

func TestShortcutsWorkInAnEntryAndOutside(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.typeIn(minimal())
	call := &desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierControl}
	b.entries()[entryCallee].TypedShortcut(call)
	b.sees("CALLING")

	b.shortcut(fyne.KeyH)
	b.sees("ENDED")
	require.Equal(t, b.fake.Started()[0].ID, b.fake.Ended()[0])
}
