package ui

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// preferences are the app's preferences as text.
func (b *bench) preferences() string {
	p := b.app.Preferences()
	var all []string
	for _, key := range []string{
		"form.sipLogin", "form.sipAuthenticationName", "form.sipDomain", "form.sipOutboundProxy", "form.sipTransport",
		"form.callee", "form.toStream", "form.rtmpUrl", "form.sipPassword", "form.rtmpStream", "push.targets",
	} {
		all = append(all, p.String(key))
	}
	return strings.Join(all, "\n")
}

func TestLastValuesAreRemembered(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.typeIn(map[int]string{
		entryLogin: "1001", entryPassword: "pa55", entryDomain: "pbx.example.com", entryPort: "5080", entryCallee: "1002",
		entryStream: "studio", entryURL: "rtmp://user:pa55@host/live?token=pa55", entryKey: "pa55-key",
	})
	b.check("Register").SetChecked(true)
	b.check("Has audio").SetChecked(false)
	b.tap("Call")
	b.until("secrets kept", func() bool {
		return b.secrets.has("sip:1001@pbx.example.com", "pa55") && b.secrets.has("rtmp-key:host/live", "pa55-key") &&
			b.secrets.has("rtmp-url:host/live", "rtmp://user:pa55@host/live?token=pa55")
	})
	require.NotContains(t, b.preferences(), "pa55", "a secret is in the preferences")
	require.Equal(t, "rtmp://host/live", b.app.Preferences().String("form.rtmpUrl"))

	b.stop()
	b.start(FormDefaults{})
	b.until("secrets recalled", func() bool {
		return b.entries()[entryPassword].Text == "pa55" && b.entries()[entryKey].Text == "pa55-key" &&
			b.entries()[entryURL].Text == "rtmp://user:pa55@host/live?token=pa55"
	})
	entries := b.entries()
	require.Equal(t, "1001", entries[entryLogin].Text)
	require.Equal(t, "pbx.example.com", entries[entryDomain].Text)
	require.Equal(t, "5080", entries[entryPort].Text)
	require.Equal(t, "1002", entries[entryCallee].Text)
	require.Equal(t, "studio", entries[entryStream].Text)
	require.True(t, b.check("Register").Checked)
	require.False(t, b.check("Has audio").Checked)
	require.True(t, b.check("Has video").Checked)
}

func TestKeyPastedIntoTheAddressStaysSecret(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.typeIn(minimal())
	b.typeIn(map[int]string{entryURL: "rtmp://host/live/pa55"})
	b.tap("Call")
	b.until("address kept", func() bool { return b.secrets.has("rtmp-url:host/live", "rtmp://host/live/pa55") })
	require.NotContains(t, b.preferences(), "pa55")
	require.Equal(t, "rtmp://host/live", b.app.Preferences().String("form.rtmpUrl"))
}

func TestLockedKeyringDoesNotStopACall(t *testing.T) {
	b := newBench(t, FormDefaults{})
	b.secrets.broken = true
	b.typeIn(minimal())
	b.tap("Call")
	b.sees("CALLING")
}

func TestPasswordOfAnotherAccountIsLookedUp(t *testing.T) {
	b := newBench(t, FormDefaults{})
	require.NoError(t, b.secrets.Set("sip:2002@other", "of 2002"))
	b.typeIn(map[int]string{entryLogin: "2002", entryDomain: "other"})
	b.entries()[entryDomain].FocusLost()
	b.until("password", func() bool { return b.entries()[entryPassword].Text == "of 2002" })
}

func TestPinnedDefaultsReplaceWhatIsRemembered(t *testing.T) {
	b := unstarted(t, "en_US.UTF-8")
	b.app.Preferences().SetString("form.sipLogin", "remembered")
	b.app.Preferences().SetString("form.sipOutboundProxy", "remembered")
	b.start(FormDefaults{
		Account: gateway.Account{Login: "demo", Domain: "127.0.0.1:5099", Transport: gateway.TransportTCP},
		Callee:  "phone", HasAudio: true, HasVideo: true, Pinned: true,
	})
	require.Equal(t, "demo", b.entries()[entryLogin].Text)
	require.Empty(t, b.entries()[entryProxy].Text)
	b.tap("Call")
	b.sees("CALLING")
	require.Equal(t, gateway.TransportTCP, b.fake.Started()[0].Account.Transport)
	require.Equal(t, "remembered", b.app.Preferences().String("form.sipLogin"))
}

func TestSecretsOfDefaultsGoWithTheDefaultsOnly(t *testing.T) {
	b := unstarted(t, "en_US.UTF-8")
	defaults := FormDefaults{RTMPURL: "rtmp://127.0.0.1:1935/live", RTMPStream: "call1", HasAudio: true}
	b.start(defaults)
	require.Equal(t, "call1", b.entries()[entryKey].Text)
	b.typeIn(minimal())
	b.typeIn(map[int]string{entryURL: "", entryKey: ""})
	b.tap("Call")
	b.sees("CALLING")
	b.stop()
	b.start(defaults)
	require.Equal(t, "1001", b.entries()[entryLogin].Text)
	require.Empty(t, b.entries()[entryURL].Text)
	require.Empty(t, b.entries()[entryKey].Text)
}
