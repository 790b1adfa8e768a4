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

const ownRegistration = "console-1"

func registered(id, login string) gateway.Registration {
	return gateway.Registration{
		ID: id, Account: gateway.Account{Login: login, Domain: "pbx"}, Status: gateway.RegistrationUp, SIPStatus: 200, Text: "200 OK",
		Expires: time.Now().Add(5 * time.Minute), Created: time.Now(),
	}
}

func ringing(id, name string) gateway.Call {
	return gateway.Call{
		ID: id, Incoming: true, Registration: ownRegistration, Status: gateway.CallRing, SIPStatus: 180,
		Caller: "1005", Callee: "studio", VisibleName: name,
	}
}

// onRinging is a console that somebody calls.
func onRinging(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, FormDefaults{})
	b.fake.SetRegistration(registered(ownRegistration, "studio"))
	b.fake.SetCall(ringing("r1", "Anna"))
	b.sees("Anna (1005)")
	return b
}

// keyButton finds the topmost visible button of a plate by its words.
func (b *bench) keyButton(text string) *widgets.KeyButton {
	b.t.Helper()
	var found *widgets.KeyButton
	b.walk(func(o fyne.CanvasObject) {
		if k, ok := o.(*widgets.KeyButton); ok && k.Text == text && found == nil {
			found = k
		}
	})
	require.NotNil(b.t, found, "no button %q among %q", text, b.texts())
	return found
}

func TestCallThatComesInIsAnswered(t *testing.T) {
	b := onRinging(t)
	require.True(t, b.shows("calls studio@pbx"))
	require.Equal(t, "Anna (1005) calls: studio@pbx", <-b.notices)
	fynetest.Tap(b.keyButton("Answer"))
	b.sees("CONNECTED")
	require.Equal(t, []gateway.AnswerSpec{{CallID: "r1"}}, b.fake.Answered())
	require.False(t, b.shows("Anna (1005)"))
	require.Equal(t, "r1", b.console.model.Selected().Call.ID)
	require.Empty(t, b.notices, "told twice")
}

func TestKeyboardAnswersAndRejects(t *testing.T) {
	b := onRinging(t)
	canvas := b.console.Window().Canvas()
	require.Same(t, b.keyButton("Answer"), canvas.Focused(), "nothing had the keyboard, and the call did not get it")
	b.keyButton("Answer").TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	b.sees("CONNECTED")

	canvas.Focus(b.entries()[entryCallee])
	b.fake.SetCall(ringing("r2", "Boris"))
	b.sees("Boris (1005)")
	require.Same(t, b.entries()[entryCallee], canvas.Focused(), "the call took the keyboard away")
	b.entries()[entryCallee].TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	b.shortcut(fyne.KeyG)
	require.Same(t, b.keyButton("Answer"), canvas.Focused())
	require.Empty(t, b.fake.Ended())
	b.keyButton("Answer").TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	b.until("rejected", func() bool { return len(b.fake.Ended()) == 1 })
	require.Equal(t, []string{"r2"}, b.fake.Ended())
}

func TestCallerWhoGivesUpIsMissed(t *testing.T) {
	b := onRinging(t)
	call := ringing("r1", "Anna")
	call.Status, call.Ended, call.Ending = gateway.CallFinish, time.Now(), gateway.Ending{Reason: gateway.EndRemote, Text: "the caller gave up"}
	b.fake.SetCall(call)
	b.fake.RemoveCall("r1")
	b.sees("Ended calls (1)")
	require.False(t, b.shows("Anna (1005)"))
	b.tap("Ended calls (1)")
	require.True(t, b.shows("MISSED"))
	require.True(t, b.shows("Missed: the caller gave up."), "%q", b.texts())
}

func TestCallsForOthersDoNotRingHere(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.fake.SetRegistration(registered("ABCDEF", "browser"))
	browsers := ringing("r1", "For a browser")
	browsers.Registration = "ABCDEF"
	b.fake.SetCall(browsers)
	rule := ringing("r2", "For a rule")
	rule.Registration = ""
	b.fake.SetCall(rule)
	offered := ringing("r3", "In a browser")
	offered.Registration, offered.Browser = ownRegistration, true
	b.fake.SetRegistration(registered(ownRegistration, "studio"))
	b.fake.SetCall(offered)
	b.fake.SetCall(ringing("r4", "Anna"))
	b.sees("Anna (1005)")
	for _, other := range []string{"For a browser (1005)", "For a rule (1005)", "In a browser (1005)"} {
		require.False(t, b.shows(other), other)
	}
	require.Len(t, b.console.model.Ringing(), 1)
}

func TestSeveralRingAtOnce(t *testing.T) {
	b := onRinging(t)
	for _, name := range []string{"Boris", "Clara", "Dmitri", "Elena"} {
		b.fake.SetCall(ringing("r-"+name, name))
	}
	b.sees("2 more ring")
	require.True(t, b.shows("Clara (1005)"))
	require.False(t, b.shows("Dmitri (1005)"))
	focused := b.console.Window().Canvas().Focused()
	b.fake.RemoveCall("r-Boris")
	b.sees("Dmitri (1005)")
	require.Same(t, focused, b.console.Window().Canvas().Focused(), "the plate moved under the hand")
}

func TestAnswerToAir(t *testing.T) {
	b := onRinging(t)
	b.typeIn(map[int]string{entryURL: "rtmp://127.0.0.1:1935/live", entryKey: "k-e-y"})
	fynetest.Tap(b.keyButton("Answer to air…"))
	ask := b.ask()
	require.Len(t, ask, 3)
	require.Equal(t, "rtmp://127.0.0.1:1935/live", ask[1].Text)
	fynetest.Type(ask[0], "a/b")
	b.tap("Answer")
	require.True(t, b.shows("Latin letters, digits and .-_ are safe: no spaces, slashes, quotes or <>?#%&."), "%q", b.texts())
	require.Empty(t, b.fake.Answered())
	ask[0].SetText("")
	fynetest.Type(ask[0], "studio")
	b.tap("Answer")
	b.until("answered", func() bool { return len(b.fake.Answered()) == 1 })
	require.Equal(t, gateway.AnswerSpec{
		CallID: "r1", Stream: "studio", RTMPURL: "rtmp://127.0.0.1:1935/live", RTMPStream: "k-e-y",
	}, b.fake.Answered()[0])
	b.until("closed", func() bool { return !b.asking() })
}

func TestAnswerToAirOfACallThatIsGone(t *testing.T) {
	b := onRinging(t)
	fynetest.Tap(b.keyButton("Answer to air…"))
	b.fake.RemoveCall("r1")
	b.sees("This call does not ring any more.")
	require.True(t, b.button("Answer").Disabled())
}

func TestRefusedAnswerIsTold(t *testing.T) {
	b := onRinging(t)
	b.fake.RefuseFunc = func(string) error {
		return &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonNoPorts, Message: "no ports"}
	}
	fynetest.Tap(b.keyButton("Answer"))
	b.sees("All RTP ports are in use. Widen the RTP range in the configuration.")
	require.True(t, b.shows("Anna (1005)"))
}
