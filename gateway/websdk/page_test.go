package websdk

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen; nothing waits that long when all is well.
const patience = 20 * time.Second

// serve runs a server on loopback until the test ends, and returns where it listens.
func serve(t *testing.T, api gateway.API, l limits) (*Server, string) {
	t.Helper()
	s := newServer(Params{API: api, Version: "1.2.3", Log: slog.New(slog.DiscardHandler)}, l)
	addr, err := s.Start(gateway.ListenConfig{Host: "127.0.0.1"}, nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, s.Close(ctx))
	})
	return s, addr.String()
}

// page is a browser's page, as far as its socket shows it.
type page struct {
	t    *testing.T
	conn *websocket.Conn
}

// dial opens a socket and says nothing.
func dial(t *testing.T, url string, opts *websocket.DialOptions) *page {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, opts)
	require.NoError(t, err)
	conn.SetReadLimit(-1)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &page{t, conn}
}

// open opens an established session.
func open(t *testing.T, addr string) *page {
	t.Helper()
	p := dial(t, "ws://"+addr, nil)
	p.say(`{"message":"connection","data":[{"appKey":"defaultApp","mediaProviders":["WebRTC","MSE","WSPlayer"],"clientVersion":"2.0"}]}`)
	name, _ := p.hear()
	require.Equal(t, "getUserData", name)
	return p
}

func (p *page) say(frame string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	require.NoError(p.t, p.conn.Write(ctx, websocket.MessageText, []byte(frame)))
}

// raw reads the next frame.
func (p *page) raw() (string, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	_, frame, err := p.conn.Read(ctx)
	return string(frame), err
}

// hear reads the next message that is no ping, and answers the pings.
func (p *page) hear() (name, data string) {
	p.t.Helper()
	for until := time.Now().Add(patience); ; {
		frame, err := p.raw()
		require.NoError(p.t, err)
		require.True(p.t, time.Now().Before(until), "nothing comes but pings")
		var m struct {
			Message string
			Data    json.RawMessage
		}
		require.NoError(p.t, json.Unmarshal([]byte(frame), &m))
		if m.Message != "ping" {
			return m.Message, string(m.Data)
		}
		p.say(`{"message":"pong","data":[null]}`)
	}
}

// expect checks the next message.
func (p *page) expect(name, data string) {
	p.t.Helper()
	gotName, gotData := p.hear()
	require.Equal(p.t, name, gotName, gotData)
	require.JSONEq(p.t, data, gotData)
}

// expectStatus checks that the next message is a status, and which.
func (p *page) expectStatus(id string, status gateway.MediaStatus, info gateway.MediaInfo) {
	p.t.Helper()
	name, data := p.hear()
	require.Equal(p.t, "notifyStreamStatusEvent", name, data)
	var told []streamStatus
	require.NoError(p.t, json.Unmarshal([]byte(data), &told))
	require.Len(p.t, told, 1)
	require.Equal(p.t, []any{id, status, info}, []any{told[0].ID, told[0].Status, told[0].Info})
}

// expectNothing checks that everything the page was told has been read.
func (p *page) expectNothing() {
	p.t.Helper()
	p.say(`{"message":"ping","data":[null]}`)
	p.expect("pong", `[null]`)
}

// expectClosed checks how the server closes the socket.
func (p *page) expectClosed(code websocket.StatusCode) {
	p.t.Helper()
	for {
		if _, err := p.raw(); err != nil {
			require.Equal(p.t, code, websocket.CloseStatus(err), err)
			return
		}
	}
}

func (p *page) play(id, stream string) {
	p.t.Helper()
	p.say(`{"message":"playStream","data":[{"mediaSessionId":"` + id + `","name":"` + stream + `","published":false,"hasVideo":true,` +
		`"hasAudio":true,"status":"PENDING","record":false,"width":"640","height":0,"mediaProvider":"WebRTC","sdp":"v=0 offer"}]}`)
}

func (p *page) publish(id, stream string) {
	p.t.Helper()
	p.say(`{"message":"publishStream","data":[{"mediaSessionId":"` + id + `","name":"` + stream + `","published":true,"hasVideo":true,` +
		`"hasAudio":true,"status":"PENDING","record":false,"mediaProvider":"WebRTC","sdp":"v=0 offer"}]}`)
}

// playing brings a page to the point where media flows.
func (p *page) playing(fake *gatewaytest.Fake, id, stream string) {
	p.t.Helper()
	p.play(id, stream)
	p.expect("setRemoteSDP", `["`+id+`","v=0\r\n",true]`)
	fake.SetSession(gateway.MediaSession{ID: id, Stream: stream, Status: gateway.MediaPlaying})
	p.expectStatus(id, gateway.MediaPlaying, "")
}

func (p *page) publishing(fake *gatewaytest.Fake, id, stream string) {
	p.t.Helper()
	p.publish(id, stream)
	p.expect("setRemoteSDP", `["`+id+`","v=0\r\n",true]`)
	fake.SetSession(gateway.MediaSession{ID: id, Stream: stream, Published: true, Status: gateway.MediaPublishing})
	p.expectStatus(id, gateway.MediaPublishing, "")
}

// ends records why media sessions are ended.
type ends struct {
	gateway.API
	told chan string
}

func (e ends) EndMediaSession(ctx context.Context, id string, why gateway.MediaInfo) error {
	e.told <- id + " " + string(why)
	return e.API.EndMediaSession(ctx, id, why)
}

func withStream(names ...string) *gatewaytest.Fake {
	fake := gatewaytest.New()
	for _, name := range names {
		fake.SetStream(gateway.Stream{Name: name, Live: true})
	}
	return fake
}
