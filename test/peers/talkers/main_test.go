package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a gateway whose calls send back what they are sent, but for each tenth packet.
type echo struct {
	api   *webrtc.API
	tasks sync.WaitGroup

	mu      sync.Mutex // guards what follows
	callees []string
	hungUp  int
}

func newEcho(t *testing.T) (e *echo, address string) {
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	e = &echo{api: webrtc.NewAPI(webrtc.WithSettingEngine(settings))}
	server := httptest.NewServer(e)
	t.Cleanup(func() {
		server.Close()
		e.tasks.Wait()
	})
	return e, strings.Replace(server.URL, "http", "ws", 1)
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.tasks.Add(1)
	defer e.tasks.Done()
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	var pc *webrtc.PeerConnection
	defer func() {
		if pc != nil {
			_ = pc.GracefulClose()
		}
	}()
	ctx := context.Background()
	for {
		var m struct {
			Message string
			Data    []struct{ CallID, Callee, SDP string }
		}
		if wsjson.Read(ctx, conn, &m) != nil {
			return
		}
		e.mu.Lock()
		reply := map[string]any{}
		switch m.Message {
		case "connection":
			reply = map[string]any{"message": "getUserData", "data": []any{map[string]any{}}}
		case "call":
			e.callees = append(e.callees, m.Data[0].Callee)
			var answer string
			if pc, answer, err = e.answer(m.Data[0].SDP); err != nil {
				reply = map[string]any{"message": "finish", "data": []any{err.Error()}}
			} else {
				reply = map[string]any{"message": "setRemoteSDP", "data": []any{m.Data[0].CallID, answer, true}}
			}
		case "hangup":
			e.hungUp++
			reply = map[string]any{"message": "finish", "data": []any{map[string]any{"callId": m.Data[0].CallID}}}
		}
		e.mu.Unlock()
		if wsjson.Write(ctx, conn, reply) != nil {
			return
		}
	}
}

func (e *echo) answer(offer string) (*webrtc.PeerConnection, string, error) {
	pc, err := e.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, "", err
	}
	back, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: 8000}, "a", "e")
	if err != nil {
		return pc, "", err
	}
	if _, err := pc.AddTrack(back); err != nil {
		return pc, "", err
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			if packet.SequenceNumber%10 != 9 {
				_ = back.WriteRTP(packet)
			}
		}
	})
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return pc, "", err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return pc, "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return pc, "", err
	}
	<-gathered
	return pc, pc.LocalDescription().SDP, nil
}

// TestTalkers: they say what they were given, count what comes back, note when marks leave and come, and keep a record.
func TestTalkers(t *testing.T) {
	e, address := newEcho(t)
	folder := t.TempDir()
	voice := bytes.Repeat([]byte{7}, frameBytes)
	marks := append(bytes.Repeat([]byte{0xD5}, 12*frameBytes), bytes.Repeat([]byte{1}, 4*frameBytes)...)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "voice.alaw"), voice, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "marks.alaw"), marks, 0o600))
	in, ask := io.Pipe()
	answers, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run([]string{"PCMA", address, "sip:n%d@host", "2", folder}, in, out)
		_ = out.Close()
	}()
	tell := json.NewDecoder(bufio.NewReader(answers))
	var all report
	require.NoError(t, tell.Decode(&all))
	for all.Received < 200 {
		_, err := io.WriteString(ask, "\n")
		require.NoError(t, err)
		require.NoError(t, tell.Decode(&all))
	}
	require.GreaterOrEqual(t, all.Sent, all.Received)
	require.InEpsilon(t, all.Received, 9*all.Missing, 0.2, "one in ten is missing")
	require.Len(t, all.Marks, 1, "the first of twenty marks")
	require.NotEmpty(t, all.Marks[0].Heard)
	require.LessOrEqual(t, len(all.Marks[0].Heard), len(all.Marks[0].Sent))
	require.NoError(t, ask.Close())
	require.NoError(t, <-ended)
	require.Equal(t, []string{"sip:n0@host", "sip:n1@host"}, e.callees)
	require.Equal(t, 2, e.hungUp)
	heard, err := os.ReadFile(filepath.Join(folder, "heard.alaw"))
	require.NoError(t, err)
	require.NotEmpty(t, heard)
	require.Empty(t, bytes.Trim(heard, "\x07"), "only what was said")
}

func TestTalkersRefuse(t *testing.T) {
	folder := t.TempDir()
	for _, args := range [][]string{
		{}, {"PCMA", "ws://x", "sip:x@y", "many", folder}, {"G729", "ws://x", "sip:x@y", "1", folder}, {"opus", "ws://x", "sip:x@y", "1", folder},
	} {
		require.Error(t, run(args, nil, io.Discard), args)
	}
}
