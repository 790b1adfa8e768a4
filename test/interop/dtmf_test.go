package interop

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
)

// TestTones: the phone hears each tone once and in order, however it travels.
func TestTones(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "tones", phone.URI(), nil)
	g.waitFor(t, "tones", "status", "ESTABLISHED", patience)
	require.Eventually(t, func() bool { return phone.Calls()[0].AudioPackets > 10 }, patience, 20*time.Millisecond)
	heard := ""
	for _, step := range []struct{ kind, digits string }{
		{"RFC2833", "1123"},
		{"INFO", "44A"},
		{"INFO_RELAY", "5*#6"},
		{"", "0d"}, // RFC2833
	} {
		body := map[string]any{"callId": "tones", "dtmf": step.digits}
		if step.kind != "" {
			body["type"] = step.kind
		}
		g.ok(t, "/call/send_dtmf", body)
		heard += step.digits
		require.Eventually(t, func() bool { return len(phone.Calls()[0].Tones) >= len(heard) }, patience, 20*time.Millisecond,
			"%s: heard %q", step.kind, phone.Calls()[0].Tones)
	}
	before := phone.Calls()[0].AudioPackets
	require.Eventually(t, func() bool { return phone.Calls()[0].AudioPackets > before+50 }, patience, 20*time.Millisecond)
	require.Equal(t, "112344A5*#60D", phone.Calls()[0].Tones, "and none of them twice")
}

// TestTonesRefused names what is wrong.
func TestTonesRefused(t *testing.T) {
	ringing := startPhone(t, demophone.Params{AnswerDelay: time.Hour})
	g := startGateway(t)
	g.dial(t, "rings", ringing.URI(), nil)
	g.waitFor(t, "rings", "status", "RING", patience)
	for name, test := range map[string]struct {
		request map[string]any
		status  int
		field   string
	}{
		"no such call":    {map[string]any{"callId": "nobody", "dtmf": "1"}, http.StatusNotFound, "callId"},
		"not established": {map[string]any{"callId": "rings", "dtmf": "1"}, http.StatusConflict, "callId"},
		"no call named":   {map[string]any{"dtmf": "1"}, http.StatusBadRequest, "callId"},
		"no tone":         {map[string]any{"callId": "rings", "dtmf": "12x"}, http.StatusBadRequest, "dtmf"},
		"no tones":        {map[string]any{"callId": "rings"}, http.StatusBadRequest, "dtmf"},
		"unknown way":     {map[string]any{"callId": "rings", "dtmf": "1", "type": "SMOKE"}, http.StatusBadRequest, "type"},
	} {
		t.Run(name, func(t *testing.T) { g.refused(t, "/call/send_dtmf", test.request, test.status, test.field) })
	}
}
