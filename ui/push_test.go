package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	fynetest "fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// The entries of the dialog that asks where to push.
const (
	askURL = iota
	askKey
	askName
)

func TestPushIsStartedAsTyped(t *testing.T) {
	tests := []struct {
		url, key, hint string
		want           gateway.PushSpec
	}{
		{
			"rtmp://host/live", "k-e-y", "Publishes to rtmp://host/live/•••, the address as it stands.",
			gateway.PushSpec{Stream: "stream-a", URL: "rtmp://host/live/k-e-y", FullURL: true},
		},
		{
			"rtmp://host/live?a=1", "k-e-y", "Publishes to rtmp://host/live/•••, the address as it stands.",
			gateway.PushSpec{Stream: "stream-a", URL: "rtmp://host/live/k-e-y?a=1", FullURL: true},
		},
		{
			" rtmp://host/live/k-e-y", "", "Publishes to rtmp://host/live/•••, the address as it stands.",
			gateway.PushSpec{Stream: "stream-a", URL: "rtmp://host/live/k-e-y", FullURL: true},
		},
		{
			"rtmp://host/live", "", "Publishes to rtmp://host/live/rtmp_stream-a. Callcast adds rtmp_ to the name, as WCS does.",
			gateway.PushSpec{Stream: "stream-a", URL: "rtmp://host/live"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.url+" "+tt.key, func(t *testing.T) {
			b := onStreams(t)
			b.shortcut(fyne.KeyP)
			require.True(t, b.button("Start push").Disabled())
			fynetest.Type(b.ask()[askURL], tt.url)
			fynetest.Type(b.ask()[askKey], tt.key)
			require.True(t, b.shows(tt.hint), "%q", b.texts())
			b.tap("Start push")
			b.closed()
			require.Equal(t, []gateway.PushSpec{tt.want}, b.fake.Pushed())
			b.sees("on air 1")
			for _, text := range b.texts() {
				require.NotContains(t, text, "k-e-y")
			}
			require.Empty(t, b.preferencesOfTargets())
		})
	}
}

func (b *bench) preferencesOfTargets() string { return b.app.Preferences().String("push.targets") }

func TestBadTargetCannotBeStarted(t *testing.T) {
	b := onStreams(t)
	b.tap("Push to…")
	fynetest.Type(b.ask()[askURL], "http://host/live")
	require.True(t, b.shows("The address starts with rtmp:// or rtmps://."))
	require.True(t, b.button("Start push").Disabled())
	require.True(t, b.button("Test").Disabled())
	b.ask()[askName].OnSubmitted("")
	require.Empty(t, b.fake.Pushed())
}

func TestRefusedPushStaysOpen(t *testing.T) {
	b := onStreams(t)
	b.fake.RefuseFunc = func(string) error {
		return &gateway.Error{Code: gateway.CodeConflict, Reason: gateway.ReasonPushExists, Message: "exists"}
	}
	b.tap("Push to…")
	fynetest.Type(b.ask()[askURL], "rtmp://host/live")
	fynetest.Type(b.ask()[askName], "mine")
	b.tap("Start push")
	b.sees("The stream is pushed there already.")
	require.False(t, b.button("Start push").Disabled())
	require.Empty(t, b.preferencesOfTargets(), "a target that was refused is kept")
}

func TestTargetIsTriedBeforeItIsUsed(t *testing.T) {
	b := onStreams(t)
	b.tap("Push to…")
	fynetest.Type(b.ask()[askURL], "rtmp://host/live")
	b.tap("Test")
	b.sees("*** takes streams: it answered NetStream.Publish.Start after 1.0 s.")
	require.Empty(t, b.fake.Pushed())

	b.fake.RefuseFunc = func(string) error {
		return &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonPushRefused, Message: "NetStream.Publish.BadName"}
	}
	b.tap("Test")
	b.sees("The RTMP server did not take the stream. Check address and key. (NetStream.Publish.BadName)")
	require.True(t, b.asking())
}

func TestSavedTargetIsUsedAndNeverShown(t *testing.T) {
	b := onStreams(t)
	b.tap("Push to…")
	require.True(t, b.shows("None is saved yet") || b.choice().PlaceHolder == "None is saved yet")
	fynetest.Type(b.ask()[askURL], "rtmp://user:pa55@host/live")
	fynetest.Type(b.ask()[askKey], "pa55-key")
	fynetest.Type(b.ask()[askName], "Main")
	b.tap("Start push")
	b.closed()
	b.until("the key is kept", func() bool { return b.secrets.has("rtmp-target:Main", "rtmp://user:pa55@host/live/pa55-key") })
	require.JSONEq(t, `[{"name":"Main","url":"rtmp://host/live","keyed":true}]`, b.preferencesOfTargets())
	require.NotContains(t, b.preferences(), "pa55")

	b.sees("on air 1")
	b.tap("End push")
	b.sees("Not pushed. Press “Push to…”.")
	b.tap("Push to…")
	require.Equal(t, []string{"Main"}, b.choice().Options)
	b.choice().SetSelected("Main")
	require.True(t, b.button("Start push").Disabled(), "the key has not come yet")
	b.sees("Publishes to rtmp://host/live with the key that was kept.")
	b.until("the key came", func() bool { return !b.button("Start push").Disabled() })
	require.Equal(t, "rtmp://host/live", b.ask()[askURL].Text)
	require.Empty(t, b.ask()[askKey].Text)
	b.tap("Start push")
	b.closed()
	require.Equal(t, b.fake.Pushed()[0], b.fake.Pushed()[1])
	require.True(t, b.secrets.has("rtmp-target:Main", "rtmp://user:pa55@host/live/pa55-key"))
}

func TestKeptKeyGoesToItsOwnServerOnly(t *testing.T) {
	b := onStreams(t)
	b.app.Preferences().SetString("push.targets", `[{"name":"Main","url":"rtmp://host/live","keyed":true}]`)
	require.NoError(t, b.secrets.Set("rtmp-target:Main", "rtmp://host/live/pa55"))
	b.tap("Push to…")
	b.choice().SetSelected("Main")
	b.until("the key came", func() bool { return !b.button("Start push").Disabled() })
	b.ask()[askURL].SetText("rtmp://elsewhere/live")
	b.tap("Start push")
	b.closed()
	require.Equal(t, []gateway.PushSpec{{Stream: "stream-a", URL: "rtmp://elsewhere/live"}}, b.fake.Pushed())
}

func TestKeyThatCannotBeReadIsAskedFor(t *testing.T) {
	b := onStreams(t)
	b.app.Preferences().SetString("push.targets", `[{"name":"Main","url":"rtmp://host/live","keyed":true}]`)
	b.secrets.broken = true
	b.tap("Push to…")
	b.choice().SetSelected("Main")
	b.sees("The key of this target cannot be read. Type it again.")
	require.True(t, b.button("Start push").Disabled())
	fynetest.Type(b.ask()[askKey], "again")
	require.False(t, b.button("Start push").Disabled())
	b.tap("Start push")
	b.closed()
	require.Equal(t, gateway.Secret("rtmp://host/live/again"), b.fake.Pushed()[0].URL)
}

func TestSavedTargetIsForgotten(t *testing.T) {
	b := onStreams(t)
	b.app.Preferences().SetString("push.targets", `[{"name":"Main","url":"rtmp://host/live","keyed":true}]`)
	require.NoError(t, b.secrets.Set("rtmp-target:Main", "rtmp://host/live/pa55"))
	b.tap("Push to…")
	b.choice().SetSelected("Main")
	b.tap("Forget")
	b.until("the key is gone", func() bool { return b.secrets.has("rtmp-target:Main", "") })
	require.JSONEq(t, `[]`, b.preferencesOfTargets())
	require.Empty(t, b.choice().Options)
}

func TestFormTriesItsTargetBeforeTheCall(t *testing.T) {
	b := newBench(t, FormDefaults{})
	require.True(t, b.button("Test").Disabled())
	b.typeIn(map[int]string{entryURL: "rtmp://host/live", entryKey: "pa55"})
	b.tap("Test")
	b.sees("*** takes streams: it answered NetStream.Publish.Start after 1.0 s.")
	require.Equal(t, []gateway.PushSpec{{URL: "rtmp://host/live/rtmp_pa55", FullURL: true}}, b.fake.TestedPushes())
	require.Empty(t, b.fake.Started())

	b.fake.RefuseFunc = func(string) error {
		return &gateway.Error{
			Code: gateway.CodeUnavailable, Reason: gateway.ReasonPushRefused, Field: "rtmpUrl", Message: "NetStream.Publish.BadName",
		}
	}
	b.shortcut(fyne.KeyT)
	b.sees("The RTMP server did not take the stream. Check address and key. (NetStream.Publish.BadName)")
	require.False(t, b.button("Test").Disabled())

	b.typeIn(map[int]string{entryKey: ""})
	b.tap("Test")
	require.True(t, b.shows("Give the stream name or key, or put it at the end of the RTMP URL."))
	require.Same(t, b.entries()[entryKey], b.console.Window().Canvas().Focused())
}

func TestRefusalOfAPushThatNobodyWaitedFor(t *testing.T) {
	b := onStreams(t)
	asked := make(chan struct{})
	b.fake.RefuseFunc = func(string) error {
		<-asked
		return &gateway.Error{Code: gateway.CodeConflict, Reason: gateway.ReasonPushExists, Message: "exists"}
	}
	b.tap("Push to…")
	fynetest.Type(b.ask()[askURL], "rtmp://host/live")
	b.tap("Start push")
	require.True(t, b.button("Start push").Disabled(), "it could be started twice")
	b.tap("Cancel")
	b.closed()
	b.tap("Fetch RTMP…")
	close(asked)
	b.sees("The stream is pushed there already.")
	require.True(t, b.asking(), "another dialog was closed")
	require.Len(t, b.fake.Pushed(), 1)
}

func TestAnswerToAnOldTestIsNotTakenForTheNewest(t *testing.T) {
	b := onStreams(t)
	asked := make(chan struct{})
	b.fake.RefuseFunc = func(string) error {
		<-asked
		return nil
	}
	b.tap("Push to…")
	fynetest.Type(b.ask()[askURL], "rtmp://host/live")
	b.tap("Test")
	require.True(t, b.shows("Testing…"))
	fynetest.Type(b.ask()[askURL], "2")
	require.False(t, b.shows("Testing…"))
	close(asked)
	b.until("the old answer", func() bool { return len(b.fake.TestedPushes()) == 1 })
	b.fake.SetStream(gateway.Stream{Name: "later"})
	b.sees("Streams (2)")
	require.False(t, b.shows("*** takes streams: it answered NetStream.Publish.Start after 1.0 s."))
}
