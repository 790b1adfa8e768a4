package ui

import (
	"context"
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	fynetest "fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
	"callcast/ui/widgets"
)

func upCall(id, callee string) gateway.Call {
	return gateway.Call{
		ID: id, Callee: callee, Status: gateway.CallEstablished, SIPStatus: 200, Stream: "stream-" + id,
		Created: time.Now(), Established: time.Now(),
		Video: gateway.MediaStats{
			Codec: "H264", Width: 640, Height: 360, FPS: 25, BitsPerSec: 836_000, LossPercent: 1.25, JitterMS: 7,
		},
		Audio: gateway.MediaStats{Codec: "PCMA", BitsPerSec: 64_000},
	}
}

func liveStream(call gateway.Call) gateway.Stream {
	return gateway.Stream{
		Name: call.Stream, Source: gateway.SourceSIP, CallID: call.ID, Live: true, Created: call.Established,
		Video: call.Video, Audio: call.Audio,
	}
}

func (b *bench) grid() *widgets.Grid {
	var grid *widgets.Grid
	b.walk(func(o fyne.CanvasObject) {
		if g, ok := o.(*widgets.Grid); ok {
			grid = g
		}
	})
	require.NotNil(b.t, grid)
	return grid
}

func TestTableShowsTheCall(t *testing.T) {
	b := newBench(t, FormDefaults{})
	call := upCall("a", "1002")
	call.RTMPStatus, call.RTMPTarget = gateway.RTMPActive, "rtmp://host/live/rtmp_***"
	b.fake.SetCall(call)
	b.sees("ON AIR")
	for _, text := range []string{
		"200", "1002", "H264 + PCMA", "640×360", "25", "900 kbit/s", "1.2%", "7 ms", "on air",
		"H264 · 640×360 · 25 fps", "loss 1.2%, jitter 7 ms", "rtmp://host/live/rtmp_***\nRTMP_STREAM_ACTIVE", "stream-a",
	} {
		require.True(t, b.shows(text), "%q is not among %q", text, b.texts())
	}

	call.RTMPStatus, call.RTMPProblem = gateway.RTMPLost, "connection reset"
	b.fake.SetCall(call)
	b.sees("RECONNECTING")
	require.True(t, b.shows("RTMP: connection reset"))
	call.Status = gateway.CallHold
	b.fake.SetCall(call)
	b.sees("ON HOLD")
}

func TestFirstNewCallIsSelectedAndStays(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.fake.SetCall(upCall("a", "first"))
	b.until("first selected", func() bool { return b.grid().Marked() == 0 })
	b.fake.SetCall(upCall("b", "second"))
	b.sees("second")
	require.Equal(t, 0, b.grid().Marked())
	require.Equal(t, "a", b.console.model.Selected().Call.ID)

	b.grid().OnSelected(1)
	require.Equal(t, "b", b.console.model.Selected().Call.ID)
	b.fake.RemoveCall("a")
	b.until("row follows its call", func() bool { return b.grid().Marked() == 0 })
	require.Equal(t, "b", b.console.model.Selected().Call.ID)
}

func TestHangUp(t *testing.T) {
	b := newBench(t, FormDefaults{})
	require.True(t, b.button("Hang up").Disabled())
	b.fake.SetCall(upCall("a", "1002"))
	b.sees("CONNECTED")
	b.tap("Hang up")
	b.sees("ENDED")
	require.Equal(t, []string{"a"}, b.fake.Ended())
	require.True(t, b.shows("Hung up here."))
	require.True(t, b.shows("Calls (0)"))
	require.True(t, b.shows("Ended calls (1)"))
	require.True(t, b.button("Hang up").Disabled())
}

func TestKeypadSendsTones(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.fake.SetCall(upCall("a", "1002"))
	b.sees("CONNECTED")
	b.tap("Keypad")
	b.tap("1")
	b.sees("Sent: 1")
	b.tap("#")
	b.sees("Sent: 1#")
	require.Equal(t, []gatewaytest.SentDTMF{
		{CallID: "a", DTMF: gateway.DTMF{Digits: "1", Type: gateway.DTMFRFC2833}},
		{CallID: "a", DTMF: gateway.DTMF{Digits: "#", Type: gateway.DTMFRFC2833}},
	}, b.fake.DTMFs())

	ringing := upCall("a", "1002")
	ringing.Status = gateway.CallRing
	b.fake.SetCall(ringing)
	b.sees("RINGING")
	require.True(t, b.button("1").Disabled())
}

// TestKeyboardIsTheKeypad also holds that keys hit in quick succession arrive in their order, though the first one's
// request takes its time.
func TestKeyboardIsTheKeypad(t *testing.T) {
	b := newBench(t, FormDefaults{})
	first := make(chan struct{})
	b.fake.SendDTMFFunc = func(_ context.Context, _ string, dtmf gateway.DTMF) error {
		if dtmf.Digits == "1" {
			<-first
		}
		return nil
	}
	b.fake.SetCall(upCall("a", "1002"))
	b.sees("CONNECTED")
	typeKeys := func(keys string) {
		for _, key := range keys {
			b.console.Window().Canvas().OnTypedRune()(key)
		}
	}
	typeKeys("9")
	b.console.Window().Canvas().Focus(b.entries()[entryCallee])
	b.shortcut(fyne.KeyK)
	require.Nil(t, b.console.Window().Canvas().Focused())
	typeKeys("1x5d#")
	close(first)
	b.sees("Sent: 15D#")
	b.shortcut(fyne.KeyK)
	typeKeys("9")
	require.Equal(t, []gatewaytest.SentDTMF{
		{CallID: "a", DTMF: gateway.DTMF{Digits: "1", Type: gateway.DTMFRFC2833}},
		{CallID: "a", DTMF: gateway.DTMF{Digits: "5D#", Type: gateway.DTMFRFC2833}},
	}, b.fake.DTMFs())
}

func TestWindowStaysAsItIsOnceTheConsoleLeaves(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.sees("OFF AIR")
	b.console.Leave()
	b.fake.SetCall(upCall("a", "1002"))
	for range 2 { // what tells of events, and the clock: each waits for its news to be shown before it posts more
		(<-b.posted)()
	}
	require.True(t, b.shows("OFF AIR"))
	require.True(t, b.shows("Calls (0)"))
}

func TestRefusedVerbIsShownInWords(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.fake.RequestKeyframeFunc = func(context.Context, string) error {
		return &gateway.Error{Code: gateway.CodeNotFound, Reason: gateway.ReasonStreamMissing, Message: "no such stream"}
	}
	call := upCall("a", "1002")
	b.fake.SetStream(liveStream(call))
	b.fake.SetCall(call)
	b.until("keyframe can be asked for", func() bool { return !b.button("Keyframe").Disabled() })
	b.tap("Keyframe")
	b.sees("This stream is gone.")
	require.Equal(t, []string{"stream-a"}, b.fake.Keyframes())
}

func TestPreviewMoves(t *testing.T) {
	b := newBench(t, FormDefaults{})
	require.True(t, b.shows("No call yet. Fill in the form and press Call."))
	call := upCall("a", "1002")
	b.fake.SetCall(call)
	b.sees("No picture: nothing arrives yet.")
	b.fake.SetStream(liveStream(call))

	var picture *widgets.Picture
	var meter *widgets.Meter
	b.walk(func(o fyne.CanvasObject) {
		switch w := o.(type) {
		case *widgets.Picture:
			picture = w
		case *widgets.Meter:
			meter = w
		}
	})
	b.until("a picture", func() bool { return picture.Frame() != nil })
	first := picture.Frame()
	b.until("the next picture", func() bool { return picture.Frame() != first })
	rms, peak := meter.Level()
	require.Greater(t, rms, -40.0)
	require.Greater(t, peak, rms)
	require.Equal(t, 1, b.fake.OpenPreviews())

	b.fake.RemoveStream(call.Stream)
	b.until("no picture", func() bool { return picture.Frame() == nil })
	rms, _ = meter.Level()
	require.LessOrEqual(t, rms, -60.0)
}

func TestCodecThatCannotBeShown(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.fake.OpenPreviewFunc = func(context.Context, string) (gateway.Preview, error) {
		return nil, &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonNoDecoder, Value: "H265", Message: "no decoder"}
	}
	call := upCall("a", "1002")
	b.fake.SetCall(call)
	b.fake.SetStream(liveStream(call))
	b.sees("This build cannot show the codec H265.")
}

func TestTakenPortNamesTheSetting(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.fake.SetListener(gateway.Listener{Name: "sip", Setting: "sip.port", Address: "0.0.0.0:5060"})
	b.fake.SetListener(gateway.Listener{
		Name: "rest", Setting: "rest.port", Address: "127.0.0.1:8081",
		Err: &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonPortTaken, Message: "taken"},
	})
	b.sees("REST: 127.0.0.1:8081 is taken by another program. Change rest.port in the configuration.")
	require.True(t, b.shows("SIP 0.0.0.0:5060"))
}

func TestHundredCalls(t *testing.T) {
	b := newBench(t, FormDefaults{})
	for i := range 100 {
		b.fake.SetCall(upCall(fmt.Sprint("call-", i), fmt.Sprint("callee-", i)))
	}
	b.sees("Calls (100)")
	b.sees("callee-0")
	require.False(t, b.shows("callee-99"), "rows out of sight are drawn")

	changed := upCall("call-3", "callee-3")
	changed.Status = gateway.CallHold
	b.fake.SetCall(changed)
	b.sees("ON HOLD")

	b.grid().OnSelected(99)
	require.Equal(t, "call-99", b.console.model.Selected().Call.ID)
	for i := range 100 {
		require.NoError(t, b.fake.EndCall(t.Context(), fmt.Sprint("call-", i)))
	}
	b.sees("Calls (0)")
	b.sees("Ended calls (50)")
}

func TestClosingAsksWhileCallsAreUp(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.fake.SetCall(upCall("a", "1002"))
	b.sees("CONNECTED")
	b.console.closing()
	b.sees("1 call is up. Close Callcast and hang it up?")
	b.tap("Stay")
	require.Equal(t, 1, b.fake.Subscribers())
	b.console.closing()
	b.tap("Close and hang up")
	b.until("unsubscribed", func() bool { return b.fake.Subscribers() == 0 })
}

func TestWindowFitsASmallScreen(t *testing.T) {
	for _, locale := range []string{"en_US.UTF-8", "ru_RU.UTF-8"} {
		b := unstarted(t, locale)
		b.start(FormDefaults{})
		for _, name := range []string{"rest", "rtmp", "sip", "webrtc", "ws", "wss"} {
			b.fake.SetListener(gateway.Listener{Name: name, Address: "192.168.100.100:28081"})
		}
		b.sees("WSS 192.168.100.100:28081")
		least := b.console.Window().Content().MinSize()
		require.LessOrEqual(t, least.Width, float32(1024), locale)
		require.LessOrEqual(t, least.Height, float32(700), locale)
		b.stop()
	}
}

func TestWhyACallEnded(t *testing.T) {
	failed := gateway.Call{
		ID: "a", Callee: "1002", Status: gateway.CallFailed, SIPStatus: 404, Created: time.Now(), Ended: time.Now(),
		Ending: gateway.Ending{Reason: gateway.EndRejected, Text: "404 Not Found"},
	}
	for locale, want := range map[string][]string{
		"en_US.UTF-8": {"Ended calls (1)", "FAILED", "There is no such number. Check whom to call. (404 Not Found)"},
		"ru_RU.UTF-8": {"Завершённые (1)", "СБОЙ", "Такого номера нет. Проверьте, куда звоните. (404 Not Found)"},
	} {
		t.Run(locale, func(t *testing.T) {
			b := unstarted(t, locale)
			b.start(FormDefaults{})
			b.fake.SetCall(failed)
			b.fake.RemoveCall(failed.ID)
			b.sees(want[0])
			fynetest.Tap(b.button(want[0]))
			for _, text := range want {
				require.True(t, b.shows(text), "%q is not among %q", text, b.texts())
			}
		})
	}
}
