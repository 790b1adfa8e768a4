package rtmp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

func TestParseTarget(t *testing.T) {
	for _, tc := range []struct {
		url, name                 string
		address, app, publish, tc string
		shown                     string
	}{
		{"rtmp://host/live", "a", "host:1935", "live", "rtmp_a", "rtmp://host/live", "rtmp://host/live/***"},
		{"rtmp://host/live/", "rtmp_a", "host:1935", "live", "rtmp_a", "rtmp://host/live", "rtmp://host/live/***"},
		{"RTMPS://host/live", "a", "host:443", "live", "rtmp_a", "rtmps://host/live", "rtmps://host/live/***"},
		{"rtmp://host:1936/live", "a", "host:1936", "live", "rtmp_a", "rtmp://host:1936/live", "rtmp://host:1936/live/***"},
		{"rtmp://[::1]:1936/live", "a", "[::1]:1936", "live", "rtmp_a", "rtmp://[::1]:1936/live", "rtmp://[::1]:1936/live/***"},
		{"rtmp://h/app/_definst_", "a", "h:1935", "app/_definst_", "rtmp_a", "rtmp://h/app/_definst_", "rtmp://h/app/_definst_/***"},
		{"rtmp://h/app/key", "", "h:1935", "app", "key", "rtmp://h/app", "rtmp://h/app/***"},
		{" rtmp://h/app/_definst_/key ", "", "h:1935", "app/_definst_", "key", "rtmp://h/app/_definst_", "rtmp://h/app/_definst_/***"},
		{"rtmp://h/app/key?token=a%20b&x=1", "", "h:1935", "app", "key?token=a%20b&x=1", "rtmp://h/app", "rtmp://h/app/***"},
		{"rtmp://h/app?token=1", "a", "h:1935", "app", "rtmp_a?token=1", "rtmp://h/app?token=1", "rtmp://h/app/***"},
		{"rtmp://h/app?token=1", "a?own=2", "h:1935", "app", "rtmp_a?own=2", "rtmp://h/app?token=1", "rtmp://h/app/***"},
		{"rtmp://user:pa%3Ass@h/app", "a", "h:1935", "app", "rtmp_a", "rtmp://user:pa%3Ass@h/app", "rtmp://h/app/***"},
	} {
		t.Run(tc.url+" "+tc.name, func(t *testing.T) {
			target, err := ParseTarget(tc.url, tc.name, "rtmp_")
			require.Nil(t, err)
			require.Equal(t, tc.address, target.Address())
			require.Equal(t, tc.app, target.App)
			require.Equal(t, tc.publish, target.Name)
			require.Equal(t, tc.tc, target.tcURL())
			require.Equal(t, tc.shown, target.String())
		})
	}
}

func TestParseTargetRefuses(t *testing.T) {
	for _, tc := range []struct{ url, name, reason, shown string }{
		{"http://host/live", "a", gateway.ReasonScheme, "http://host/***"},
		{"host/live", "a", gateway.ReasonScheme, "***"},
		{"rtmp:///live", "a", gateway.ReasonHost, "***"},
		{"rtmp://u:secret@:1935/live", "a", gateway.ReasonHost, "rtmp://:1935/***"},
		{"rtmp://host:0/live", "a", gateway.ReasonPort, "rtmp://host:0/***"},
		{"rtmp://host:65536/live", "a", gateway.ReasonPort, "rtmp://host:65536/***"},
		{"rtmp://host:abc/live/secret", "a", gateway.ReasonPort, "***"},
		{"rtmp://host", "a", gateway.ReasonURL, "rtmp://host"},
		{"rtmp://host/secret", "", gateway.ReasonRequired, "rtmp://host/***"},
		{"rtmp://host/%zz", "a", gateway.ReasonURL, "***"},
	} {
		t.Run(tc.url, func(t *testing.T) {
			_, err := ParseTarget(tc.url, tc.name, "rtmp_")
			require.NotNil(t, err)
			require.Equal(t, tc.reason, err.Reason)
			require.Equal(t, "rtmpUrl", err.Field)
			require.Equal(t, tc.shown, err.Value)
			require.NotContains(t, err.Message, "secret")
		})
	}
}

func TestParseURI(t *testing.T) {
	target, err := ParseURI("rtmp://user:pass@host/live/name?token=1")
	require.Nil(t, err)
	require.Equal(t, []string{"host:1935", "live", "name?token=1"}, []string{target.Address(), target.App, target.Name})
	_, err = ParseURI("rtmp://host/secret")
	require.NotNil(t, err)
	require.Equal(t, []string{"uri", gateway.ReasonRequired}, []string{err.Field, err.Reason})
	require.NotContains(t, err.Message, "secret")
}

func TestRedact(t *testing.T) {
	target, err := ParseTarget("rtmp://h/live/topsecret?t=1", "", "")
	require.Nil(t, err)
	require.Equal(t, "stream *** is taken", target.Redact("stream topsecret is taken"))

	target, err = ParseTarget("rtmp://me:pass%20word@h/live?token=hidden", "room", "")
	require.Nil(t, err)
	for said, want := range map[string]string{
		"room?token=hidden is taken":                "*** is taken",
		"bad token=hidden":                          "bad ***",
		"hidden is unknown":                         "*** is unknown",
		"rtmp://me:pass%20word@h/live?token=hidden": "rtmp://***@h/live?***",
		"no user me with pass word":                 "no user me with ***",
	} {
		require.Equal(t, want, target.Redact(said))
	}
}

func FuzzParseTarget(f *testing.F) {
	f.Add("rtmp://u:hidden@h:1/a/b?c#d", "")
	f.Add("rtmps://[::1]/app/_definst_", "x")
	f.Add("rtmp://h/%2f//", "")
	f.Fuzz(func(t *testing.T, url, name string) {
		target, err := ParseTarget(url, name, "rtmp_")
		if err != nil {
			require.Equal(t, gateway.CodeInvalid, err.Code)
			return
		}
		require.NotEmpty(t, target.App)
		require.NotEmpty(t, target.Host)
		require.True(t, target.Port > 0 && target.Port < 1<<16)
		require.True(t, strings.HasSuffix(target.String(), "/***"))
		if target.user != nil && len(target.user.String()) > 8 {
			require.NotContains(t, target.String(), target.user.String()+"@")
		}
	})
}
