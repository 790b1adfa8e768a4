package rest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

var update = flag.Bool("update", false, "write golden files")

func TestCallObject(t *testing.T) {
	for name, c := range map[string]gateway.Call{
		// The example in Web Call Server's documentation.
		"call_minimal": {
			ID: "R08NQya-5NMe5v7q-JNkboaS-CGMlFi", Status: gateway.CallEstablished, SIPStatus: 200,
			Caller: "001", Callee: "002", HasAudio: true,
		},
		"call_full": {
			ID: "c1", AppKey: "defaultApp", Custom: map[string]any{"agent": 7}, Status: gateway.CallHold, SIPStatus: 200,
			Caller: "10009", Callee: "10000", VisibleName: "Анна", Stream: "s1",
			RTMPURL: "rtmp://u:p@host:1935/live/_definst_?a=1&b=<2>", RTMPStream: "key-1", RTMPTarget: "rtmp://***",
			RTMPStatus: gateway.RTMPActive, HasAudio: true, HasVideo: true, SDP: "v=0\r\n", Held: gateway.Held{Local: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := encode(callOf(c))
			require.NoError(t, err)
			golden(t, name+".json", append(got, '\n'))
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}
