package rest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

// deadlines is a recorder that a ResponseController can handle.
type deadlines struct{ *httptest.ResponseRecorder }

func (deadlines) SetWriteDeadline(time.Time) error { return nil }

func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		sub := fake.Subscribe()
		defer sub.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 2*heartbeatEvery+time.Second)
		defer cancel()
		w := deadlines{httptest.NewRecorder()}
		err := follow(ctx, sub, eventWriter{w: w, ctl: http.NewResponseController(w)})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 2, strings.Count(w.Body.String(), ": still here\n\n"))
	})
}

// ended is a subscription that the engine closed.
type ended struct{}

func (ended) Next(context.Context) ([]gateway.Event, error) { return nil, errors.New("closed") }
func (ended) Close()                                        {}

func TestEventsEndWithTheSubscription(t *testing.T) {
	_, err := nextBefore(t.Context(), ended{}, time.Hour)
	require.EqualError(t, err, "closed")
}

// TestEventData holds what is told of each kind of entity, in the snapshot and in a change, with no secret in it.
func TestEventData(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	events := []gateway.Event{
		{Kind: gateway.EventStream, ID: "s", Stream: &gateway.Stream{
			ID: "b1", Name: "s", Source: gateway.SourceWebRTC, Origin: "192.0.2.1:5000", Created: at,
			Tracks: []gateway.Track{{Kind: "audio", Codec: "AAC", From: "opus", Why: "RTMP takes no opus", Readers: 1, CPUPercent: 0.5}},
			Sinks:  []gateway.Sink{{ID: "v1", Kind: gateway.SinkWebRTC, Viewer: gateway.ViewerStats{State: gateway.ViewerPlaying}}},
		}},
		{Kind: gateway.EventSession, ID: "b1", Session: &gateway.MediaSession{
			ID: "b1", Stream: "s", Published: true, Status: gateway.MediaUnpublished, Info: gateway.InfoByREST, Created: at,
		}},
		{Kind: gateway.EventSession, ID: "v1", Session: &gateway.MediaSession{
			ID: "v1", Stream: "s", Status: gateway.MediaPlaying, HasVideo: true, Width: 640, Height: 360, Bytes: 7, Created: at,
			Viewer: gateway.ViewerStats{State: gateway.ViewerPlaying, Remote: "192.0.2.2:6000", LossPercent: 1.5, RTTMS: 20},
		}},
		{Kind: gateway.EventPush, ID: "p1", Push: &gateway.Push{
			ID: "p1", Stream: "s", Name: "hunter2", URL: "rtmp://u:hunter2@h/live", Target: "rtmp://***@h/live/***",
			Status: gateway.RTMPLost, Problem: "timeout", Muted: true, Sound: gateway.Sound{File: "a.wav", Loop: true}, Bytes: 8, Dropped: 9,
			Created: at,
		}},
		{Kind: gateway.EventPull, ID: "q1", Pull: &gateway.Pull{
			ID: "q1", URI: "rtmp://u:hunter2@h/live/a", Shown: "rtmp://h/live/a", Stream: "a", Status: gateway.PullRunning, Created: at,
		}},
		{Kind: gateway.EventRegistration, ID: "desk", Registration: &gateway.Registration{
			ID: "desk", Account: gateway.Account{Login: "desk", Password: "hunter2", Domain: "pbx", Transport: gateway.TransportTLS},
			Status: gateway.RegistrationFailed, SIPStatus: 403, Text: "Forbidden", Expires: at.Add(time.Minute), Created: at,
		}},
		{Kind: gateway.EventCall, ID: "c1", Call: &gateway.Call{
			ID: "c1", Incoming: true, Registration: "desk", Status: gateway.CallHold, Held: gateway.Held{Remote: true},
			RTMPURL: "rtmp://h/live", RTMPStream: "hunter2", RTMPTarget: "rtmp://h/live/***", Muted: true, Digits: "12#",
			Devices:  gateway.DeviceUse{Microphone: "mic", SelfView: "me"},
			Transfer: gateway.Transfer{Target: "bob", Status: gateway.TransferFailed, SIPStatus: 486, Text: "Busy Here"},
			Refused:  []gateway.MediaLine{{Kind: "video", Reason: gateway.LineUnmatched, Theirs: []string{"VP8/90000"}, Why: "no codec in common"}}, Encrypted: true, Created: at,
		}},
	}
	first, err := encode(everythingOf(events))
	require.NoError(t, err)
	w := deadlines{httptest.NewRecorder()}
	require.NoError(t, eventWriter{w: w, ctl: http.NewResponseController(w)}.changes(events))
	told := append(indented(t, first), w.Body.Bytes()...)
	require.NotContains(t, string(told), "hunter2")
	golden(t, "events.txt", told)
}
