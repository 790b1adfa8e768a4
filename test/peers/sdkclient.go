package peers

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/stretchr/testify/require"
)

// SDKClient speaks the web SDK's protocol by hand, where no page does what is to be tried.
type SDKClient struct{ conn *websocket.Conn }

// DialSDK opens a session at host:port.
func DialSDK(t testing.TB, addr string) *SDKClient {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws://"+addr+"/any", nil)
	require.NoError(t, err)
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	c := &SDKClient{conn}
	c.Send(t, "connection", map[string]any{"appKey": "defaultApp", "mediaProviders": []string{"WebRTC"}, "clientVersion": "2.0"})
	c.Await(t, "getUserData", patience)
	return c
}

// Send sends a message.
func (c *SDKClient) Send(t testing.TB, message string, data map[string]any) {
	t.Helper()
	require.NoError(t, wsjson.Write(t.Context(), c.conn, map[string]any{"message": message, "data": []any{data}}))
}

// Await reads until a message of this name comes and returns what it carries. Pings are answered.
func (c *SDKClient) Await(t testing.TB, message string, within time.Duration) []json.RawMessage {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for {
		var m struct {
			Message string
			Data    []json.RawMessage
		}
		require.NoError(t, wsjson.Read(ctx, c.conn, &m), "%s did not come", message)
		if m.Message == "ping" {
			c.Send(t, "pong", nil)
		}
		if m.Message == message {
			return m.Data
		}
	}
}

// Status awaits the next status of a media session: its name and what is said beside it.
func (c *SDKClient) Status(t testing.TB, id string, within time.Duration) (status, info string) {
	t.Helper()
	var told struct{ MediaSessionID, Status, Info string }
	require.NoError(t, json.Unmarshal(c.Await(t, "notifyStreamStatusEvent", within)[0], &told))
	require.Equal(t, id, told.MediaSessionID)
	return told.Status, told.Info
}

// Offer is what a browser with a camera would send. Nobody is behind it.
func Offer(t testing.TB) string {
	t.Helper()
	pc := newPeerConnection(t, Viewing{Video: true, Audio: "opus"})
	defer func() { _ = pc.Close() }()
	offer, err := pc.CreateOffer(nil)
	require.NoError(t, err)
	return offer.SDP
}
