package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	fynetest "fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/ui/widgets"
)

// onStreams is a console that shows its streams, with one from a call selected.
func onStreams(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, FormDefaults{})
	call := upCall("a", "1002@pbx")
	b.fake.SetListener(gateway.Listener{Name: "rest", Address: "127.0.0.1:8081"})
	b.fake.SetStream(studio())
	b.fake.SetCall(call)
	b.shortcut(fyne.Key2)
	b.sees("Streams (1)")
	b.until("push is possible", func() bool { return !b.button("Push to…").Disabled() })
	return b
}

func studio() gateway.Stream {
	s := liveStream(upCall("a", "1002@pbx"))
	s.Name = "stream-a"
	s.Tracks = []gateway.Track{
		{Kind: "video", Codec: "H264", Readers: 3},
		{Kind: "audio", Codec: "opus", From: "PCMA", Why: "A browser asked for it.", Readers: 1, CPUPercent: 0.42},
	}
	s.Sinks = []gateway.Sink{
		{ID: "1", Kind: gateway.SinkPreview},
		{ID: "2", Kind: gateway.SinkWebRTC, Viewer: gateway.ViewerStats{
			State: gateway.ViewerPlaying, Remote: "192.168.1.20:53100", LossPercent: 0.53, RTTMS: 23, Resent: 4,
		}},
		{ID: "3", Kind: gateway.SinkRTMPPlayer, Target: "192.168.1.21:1234", Bytes: 2_500_000, Dropped: 3},
	}
	return s
}

// overlay visits what is shown of the dialog on top.
func (b *bench) overlay(visit func(fyne.CanvasObject)) {
	if top := b.console.Window().Canvas().Overlays().Top(); top != nil {
		walk(top, visit)
	}
}

func (b *bench) asking() bool { return b.console.Window().Canvas().Overlays().Top() != nil }

// ask are the entries of the dialog on top.
func (b *bench) ask() []*widgets.Entry {
	var entries []*widgets.Entry
	b.overlay(func(o fyne.CanvasObject) {
		if e, ok := o.(*widgets.Entry); ok {
			entries = append(entries, e)
		}
	})
	return entries
}

// choice is the select of the dialog on top.
func (b *bench) choice() *widget.Select {
	var found *widget.Select
	b.overlay(func(o fyne.CanvasObject) {
		if s, ok := o.(*widget.Select); ok {
			found = s
		}
	})
	require.NotNil(b.t, found)
	return found
}

func (b *bench) closed() { b.until("the dialog closes", func() bool { return !b.asking() }) }

func TestStreamIsShownWithAllThatBecomesOfIt(t *testing.T) {
	b := onStreams(t)
	b.fake.SetPush(gateway.Push{ID: "p1", Stream: "stream-a", Target: "rtmp://one/live/***", Status: gateway.RTMPActive, Bytes: 1_000_000})
	b.fake.SetPush(gateway.Push{
		ID: "p2", Stream: "stream-a", Target: "rtmp://two/live/***", Status: gateway.RTMPLost, Problem: "connection reset by peer", Muted: true,
	})
	b.fake.SetPush(gateway.Push{ID: "p3", Stream: "another", Target: "rtmp://three/live/***", Status: gateway.RTMPActive})
	b.sees("reconnecting · muted")
	for _, text := range []string{
		"LIVE", "call 1002", "H264 640×360 25 fps · PCMA", "opus, 0.4% CPU", "2", "trouble 1 of 2", "900 kbit/s", // the row
		"call 1002@pbx", "Video · H264 copied", "3 readers", "Audio · opus made from PCMA for browsers",
		"1 reader · 0.4% of a core\nA browser asked for it.",
		"This console", "Browser · playing", "192.168.1.20:53100\nloss 0.5% · round trip 23 ms · 4 resent",
		"RTMP player", "192.168.1.21:1234 · 2.5 MB sent · 3 dropped",
		"on air", "rtmp://one/live/***\n1.0 MB sent", "rtmp://two/live/***\n0.0 MB sent", "connection reset by peer",
	} {
		require.True(t, b.shows(text), "%q is not among %q", text, b.texts())
	}
	require.False(t, b.shows("rtmp://three/live/***\n0.0 MB sent"))
}

func TestPushThatACallWasStartedWithIsAmongThePushes(t *testing.T) {
	b := onStreams(t)
	call := upCall("a", "1002@pbx")
	call.RTMPStatus, call.RTMPTarget, call.RTMPProblem = gateway.RTMPFailed, "rtmp://own/live/***", "refused"
	b.fake.SetCall(call)
	b.sees("failed · with the call")
	require.True(t, b.shows("rtmp://own/live/***"))
	require.True(t, b.shows("trouble 1 of 1"))
}

func TestMuteAndEndAPush(t *testing.T) {
	b := onStreams(t)
	b.fake.SetPush(gateway.Push{ID: "p1", Stream: "stream-a", Target: "rtmp://one/live/***", Status: gateway.RTMPActive})
	b.sees("rtmp://one/live/***\n0.0 MB sent")
	b.tap("Mute")
	b.sees("on air · muted")
	require.True(t, b.fake.Snapshot().Pushes[0].Muted)
	b.tap("Unmute")
	b.sees("on air")
	require.False(t, b.fake.Snapshot().Pushes[0].Muted)
	b.tap("End push")
	b.sees("Not pushed. Press “Push to…”.")
	require.Empty(t, b.fake.Snapshot().Pushes)
}

func TestRefusedVerbOnAStreamIsShownInWords(t *testing.T) {
	b := onStreams(t)
	b.fake.SetPush(gateway.Push{ID: "p1", Stream: "stream-a", Target: "rtmp://one/live/***", Status: gateway.RTMPActive})
	b.sees("rtmp://one/live/***\n0.0 MB sent")
	b.fake.RefuseFunc = func(string) error {
		return &gateway.Error{Code: gateway.CodeNotFound, Reason: gateway.ReasonPushMissing, Message: "no such push"}
	}
	b.tap("End push")
	b.sees("This push is over.")
	b.fake.SetStream(gateway.Stream{Name: "other", Source: gateway.SourceRTMP, Origin: "10.0.0.7:50112", Live: true})
	b.sees("Streams (2)")
	b.grid().OnSelected(b.console.model.StreamRow("other"))
	require.False(t, b.shows("This push is over."), "the refusal stays after another stream is selected")
	require.True(t, b.shows("publisher 10.0.0.7:50112"))
}

func TestStopAsksFirst(t *testing.T) {
	b := onStreams(t)
	b.tap("Stop")
	b.sees("The call is hung up. Viewers and pushes lose the stream.")
	b.tap("Cancel")
	b.closed()
	require.Len(t, b.fake.Snapshot().Streams, 1)
	b.shortcut(fyne.KeyE)
	b.tap("Stop the stream")
	b.closed()
	b.sees("Streams (0)")
	require.Empty(t, b.fake.Snapshot().Streams)
	require.True(t, b.button("Stop").Disabled())
}

func TestStreamThatGoesWhileItsDialogIsOpen(t *testing.T) {
	for _, open := range []string{"Push to…", "Inject…", "Stop"} {
		t.Run(open, func(t *testing.T) {
			b := onStreams(t)
			b.fake.SetCall(upCall("b", "1003"))
			b.sees("Calls (2)")
			b.tap(open)
			confirm := map[string]string{"Push to…": "Start push", "Inject…": "Inject", "Stop": "Stop the stream"}[open]
			if open == "Push to…" {
				fynetest.Type(b.ask()[0], "rtmp://host/live")
			}
			if open == "Inject…" {
				b.choice().SetSelectedIndex(0)
			}
			require.False(t, b.button(confirm).Disabled())
			b.fake.RemoveStream("stream-a")
			b.sees("This stream is gone.")
			require.True(t, b.button(confirm).Disabled())
			b.tap("Cancel")
			b.closed()
		})
	}
}

func TestInjectIntoAChosenCall(t *testing.T) {
	b := onStreams(t)
	b.tap("Inject…")
	b.sees("No other call is established.")
	b.fake.SetCall(upCall("b", "1003"))
	ringing := upCall("c", "1004")
	ringing.Status = gateway.CallRing
	b.fake.SetCall(ringing)
	b.until("a call to choose", func() bool { return len(b.choice().Options) == 1 })
	require.Equal(t, []string{"1003 · stream-b"}, b.choice().Options)
	require.True(t, b.button("Inject").Disabled())
	b.choice().SetSelectedIndex(0)
	b.tap("Inject")
	b.closed()
	b.sees("Injected into a call")
	require.Equal(t, "stream-a", b.fake.Snapshot().Calls[1].Injected)

	b.tap("End injection")
	b.until("the injection ends", func() bool { return !b.shows("Injected into a call") })
	require.Empty(t, b.fake.Snapshot().Calls[1].Injected)
}

func TestCallThatEndsWhileItIsChosen(t *testing.T) {
	b := onStreams(t)
	b.fake.SetCall(upCall("b", "1003"))
	b.fake.SetCall(upCall("c", "1004"))
	b.sees("Calls (3)")
	b.tap("Inject…")
	b.choice().SetSelectedIndex(0)
	b.fake.RemoveCall("b")
	b.until("nothing is chosen", func() bool { return b.choice().Selected == "" })
	require.True(t, b.button("Inject").Disabled())
	b.choice().SetSelectedIndex(0)
	b.tap("Inject")
	b.closed()
	for _, c := range b.fake.Snapshot().Calls {
		require.Equal(t, c.ID == "c", c.Injected == "stream-a", "%s", c.ID)
	}
}

func TestFetch(t *testing.T) {
	b := onStreams(t)
	b.shortcut(fyne.KeyF)
	require.True(t, b.button("Fetch").Disabled())
	fynetest.Type(b.ask()[0], "rtmp://user:pa55@origin/live/backup")
	fynetest.Type(b.ask()[1], "backup")
	b.tap("Fetch")
	b.closed()
	require.Equal(t, []gateway.PullSpec{{URI: "rtmp://user:pa55@origin/live/backup", Stream: "backup"}}, b.fake.Pulled())
	b.sees("Streams (2)")
	b.sees("CONNECTING")
	b.until("it is selected", func() bool { return b.console.model.Selected().StreamName() == "backup" })

	pull := b.fake.Snapshot().Pulls[0]
	pull.Shown = "rtmp://origin/live/backup"
	pull.Status, pull.Problem = gateway.PullFailed, "NetStream.Play.StreamNotFound"
	b.fake.SetPull(pull)
	b.sees("REFUSED")
	require.True(t, b.shows("NetStream.Play.StreamNotFound"))
	require.True(t, b.shows("fetched origin"))
	require.True(t, b.shows("fetched rtmp://origin/live/backup"))
	for _, text := range b.texts() {
		require.NotContains(t, text, "pa55")
	}

	b.tap("Stop")
	b.tap("Stop the stream")
	b.closed()
	b.sees("Streams (1)")
	require.Empty(t, b.fake.Snapshot().Pulls)
}

func TestFetchThatIsRefusedStaysOpen(t *testing.T) {
	b := onStreams(t)
	b.fake.RefuseFunc = func(string) error {
		return gateway.Invalid(gateway.ReasonScheme, "uri", "http://host", "use rtmp.")
	}
	b.tap("Fetch RTMP…")
	fynetest.Type(b.ask()[0], "http://host/live")
	b.tap("Fetch")
	b.sees("The address starts with rtmp:// or rtmps://.")
	require.Equal(t, "http://host/live", b.ask()[0].Text)
	require.False(t, b.button("Fetch").Disabled())
	fynetest.Type(b.ask()[0], "x")
	require.False(t, b.shows("The address starts with rtmp:// or rtmps://."))
}

func TestStreamsAreWalkedWithTheKeyboard(t *testing.T) {
	b := onStreams(t)
	b.fake.SetPush(gateway.Push{ID: "p1", Stream: "stream-a", Target: "rtmp://one/live/***", Status: gateway.RTMPActive})
	b.sees("on air 1")
	canvas := b.console.Window().Canvas()
	canvas.Focus(b.button("SIP"))
	var order []string
	for range 9 {
		canvas.FocusNext()
		switch w := canvas.Focused().(type) {
		case *widget.Button:
			order = append(order, w.Text)
		case *widget.List:
			order = append(order, "list")
		}
	}
	require.Equal(t, []string{
		"Copy link", "QR code", "Push to…", "Inject…", "Stop", "Fetch RTMP…", "list", "Mute", "End push",
	}, order)
}
