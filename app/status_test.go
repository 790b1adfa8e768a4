package app

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestStatusTable(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 30, 45, 0, time.UTC)
	picture := gateway.MediaStats{Codec: "H264", Width: 640, Height: 360, FPS: 24.96, BitsPerSec: 700_000}
	full := gateway.Snapshot{
		Listeners: []gateway.Listener{
			{Name: "rest", Address: "127.0.0.1:8081"},
			{Name: "rtmp", Address: "127.0.0.1:1935"},
			{Name: "sip", Err: &gateway.Error{Message: "sip_port \":5060\": another program listens there."}},
		},
		Calls: []gateway.Call{
			{
				ID: "c1", Callee: "sip:bob@example.com", Status: gateway.CallEstablished, SIPStatus: 200,
				Established: now.Add(-65500 * time.Millisecond), RTMPStatus: gateway.RTMPActive,
				Audio: gateway.MediaStats{Codec: "PCMA", LossPercent: 0.25}, Video: gateway.MediaStats{Codec: "H264", Width: 640, Height: 360, FPS: 25, LossPercent: 1.26},
				RTMPURL: "rtmp://hunter2@h/live", RTMPStream: "hunter2",
			},
			{ID: "call-2", Callee: "*98#", Status: gateway.CallRing, SIPStatus: 180},
		},
		Streams: []gateway.Stream{
			{
				Name: "c1", Source: gateway.SourceSIP, Video: picture, Audio: gateway.MediaStats{Codec: "PCMA", BitsPerSec: 64_000},
				Sinks: []gateway.Sink{{}, {}},
			},
		},
	}
	require.Equal(t, `
Callcast dev   12:30:45
REST  http://127.0.0.1:8081/rest-api/call/find_all
RTMP  rtmp://127.0.0.1:1935/live
SIP   sip_port ":5060": another program listens there.

CALL    CALLEE               STATUS       SIP  TIME  AUDIO  VIDEO            LOSS  RTMP
c1      sip:bob@example.com  ESTABLISHED  200  1m5s  PCMA   H264 640x360@25  1.3%  RTMP_STREAM_ACTIVE
call-2  *98#                 RING         180  -            -                0.0%

STREAM  SOURCE  AUDIO  VIDEO            KBIT/S  SINKS
c1      sip     PCMA   H264 640x360@25  764     2

`, "\n"+withoutTrailingSpace(statusTable(full, now)))

	require.Equal(t, "Callcast dev   12:30:45\n\n", statusTable(gateway.Snapshot{}, now), "an idle gateway has no tables")
}

func withoutTrailingSpace(table string) string {
	lines := strings.Split(table, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

func TestStatusIsShownUntilTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		ctx, cancel := context.WithTimeout(t.Context(), 2*statusInFile+time.Second)
		defer cancel()
		var out strings.Builder
		showStatus(ctx, fake, &out)
		require.Equal(t, 3, strings.Count(out.String(), "Callcast dev"), "at once, and twice more")
		require.NotContains(t, out.String(), "\x1b", "a file is not a terminal")
	})
}
