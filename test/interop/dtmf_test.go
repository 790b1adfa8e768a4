package interop

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
	"callcast/test/peers"
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

// TestTonesInTheSound: a phone that takes no events is sent tones that another's detector hears, and sends such tones.
func TestTonesInTheSound(t *testing.T) {
	const theirs, ours = "0123456789*#ABCD5500", "159D*0#2468ABC3377"
	peer := callee(t, "answer", map[string]any{"NoEvents": true, "NoVideo": true, "Audio": peers.WriteTones(t, theirs)})
	g := startGateway(t)
	g.dial(t, "sound", peer.URI(), nil)
	g.waitFor(t, "sound", "status", "ESTABLISHED", patience)
	tap := peers.TapCall(t, g.onlyCall(t).Audio.Remote, "", 8*time.Second)
	g.ok(t, "/call/send_dtmf", map[string]any{"callId": "sound", "dtmf": ours, "type": "RFC2833"})
	require.Equal(t, ours, peers.HearTones(t, tap.Recording(t)))
	heard := g.onlyCall(t).Digits
	require.Greater(t, len(heard), len(theirs))
	require.Equal(t, strings.Repeat(theirs, len(heard)/len(theirs)+1)[:len(heard)], heard, "it plays them again and again")
	g.hangUp(t, "sound")
	peer.Finished(t, patience)
}

// TestSoundIsNoTone: beeps and speech are no keys.
func TestSoundIsNoTone(t *testing.T) {
	for name, sound := range map[string]string{"beeps": peers.WriteClip(t, 1).Sound, "speech": peers.WriteSpeech(t)} {
		t.Run(name, func(t *testing.T) {
			peer := callee(t, "answer", map[string]any{"NoEvents": true, "NoVideo": true, "Audio": sound})
			g := startGateway(t)
			g.dial(t, name, peer.URI(), nil)
			g.waitFor(t, name, "status", "ESTABLISHED", patience)
			require.Eventually(t, func() bool { return g.onlyCall(t).Audio.Packets > 500 }, patience, 100*time.Millisecond)
			require.Empty(t, g.onlyCall(t).Digits)
			g.hangUp(t, name)
			peer.Finished(t, patience)
		})
	}
}

// TestTonesByInfoAndEvents: a phone sends keys in INFO requests of both types, then as RTP events, and is sent both types.
func TestTonesByInfoAndEvents(t *testing.T) {
	type info struct{ Type, Body string }
	peer := callee(t, "inform", map[string]any{
		"NoVideo": true, "Events": "7#1", "EventType": 96, // as SIPp numbers them
		"Keys": []info{
			{"application/dtmf-relay", "Signal=5\nDuration=160"},
			{"application/dtmf-relay", "Signal= *\nDuration= 250"},
			{"application/dtmf", "5"},
			{"application/dtmf", "11"},
			{"text/plain", "9"},
		},
	})
	g := startGateway(t)
	g.dial(t, "both", peer.URI(), nil)
	require.Eventually(t, func() bool { return len(g.onlyCall(t).Digits) >= 7 }, patience, 20*time.Millisecond)
	for _, kind := range []string{"INFO", "INFO_RELAY"} {
		g.ok(t, "/call/send_dtmf", map[string]any{"callId": "both", "dtmf": "4D", "type": kind})
	}
	require.Equal(t, "5*5#7#1", g.onlyCall(t).Digits)
	g.hangUp(t, "both")
	peer.Finished(t, patience)
	var bodies []string
	for _, message := range received(t, peer, "INFO") {
		head, body, _ := strings.Cut(strings.ReplaceAll(message, "\r", ""), "\n\n")
		require.Contains(t, head, "Content-Type: application/dtmf")
		bodies = append(bodies, strings.TrimSpace(body))
	}
	require.Equal(t, []string{"4", "D", "Signal=4\nDuration=100", "Signal=D\nDuration=100"}, bodies)
}

// TestSoftphonePressesKeys: each is told once.
func TestSoftphonePressesKeys(t *testing.T) {
	phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: 30 * time.Second})
	g := startGateway(t)
	g.dial(t, "keys", fmt.Sprintf("sip:bob@127.0.0.1:%d", phone.Port), nil)
	g.waitFor(t, "keys", "status", "ESTABLISHED", patience)
	phone.Press(t, "1123*#0D")
	require.Eventually(t, func() bool { return len(g.onlyCall(t).Digits) >= 8 }, patience, 20*time.Millisecond)
	require.Equal(t, "1123*#0D", g.onlyCall(t).Digits)
}
