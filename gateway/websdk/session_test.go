package websdk

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestGreeting(t *testing.T) {
	_, addr := serve(t, gatewaytest.New(), defaultLimits())
	tokens := map[string]bool{}
	for range 3 {
		p := dial(t, "ws://"+addr+"/5b27e4d7?any=path", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://pages.example"}}})
		p.say(`{"message":"connection","data":[{"appKey":"defaultApp","mediaProviders":["WebRTC"],"keepAlive":true,"authToken":"old",
			"custom":{"a":1},"clientInfo":{},"sipLogin":1000,"sipPassword":"s3cret","sipPort":"5060","sipRegisterRequired":false}]}`)
		name, data := p.hear()
		require.Equal(t, "getUserData", name)
		require.NotContains(t, data, "s3cret")
		var user []map[string]any
		require.NoError(t, json.Unmarshal([]byte(data), &user))
		require.Len(t, user, 1)
		token := user[0]["authToken"].(string)
		require.GreaterOrEqual(t, len(token), 26)
		tokens[token] = true
		delete(user[0], "authToken")
		require.Equal(t, map[string]any{
			"appKey": "defaultApp", "mediaProviders": []any{"WebRTC"}, "keepAlive": true, "custom": map[string]any{"a": 1.0},
			"clientInfo": map[string]any{}, "sipLogin": "1000", "sipPort": "5060", "sipRegisterRequired": false, "status": "ESTABLISHED",
		}, user[0])
		p.say(`{"message":"connection","data":[{}]}`)
		name, _ = p.hear()
		require.Equal(t, "fail", name)
	}
	require.Len(t, tokens, 3)
}

func TestConnectionComesFirst(t *testing.T) {
	s, addr := serve(t, withStream("s"), defaultLimits())
	for _, first := range []string{
		`{"message":"playStream","data":[{"mediaSessionId":"P","name":"s","sdp":"v=0"}]}`,
		`{"message":"ping","data":[null]}`,
		`{"message":"connectMediaTransport","data":[{"authToken":"x"}]}`,
		`{"message":"connection","data":[null]}`,
		`{"message":"connection","data":[]}`,
		`{"message":"connection"}`,
		`nonsense`,
	} {
		p := dial(t, "ws://"+addr, nil)
		p.say(first)
		p.expectClosed(websocket.StatusPolicyViolation)
	}
	require.Equal(t, uint64(7), s.Refused())
}

func TestSilenceAfterTheUpgrade(t *testing.T) {
	l := defaultLimits()
	l.hello = 500 * time.Millisecond
	_, addr := serve(t, gatewaytest.New(), l)
	p := dial(t, "ws://"+addr, nil)
	p.expectClosed(-1)
}

func TestPings(t *testing.T) {
	fake := withStream("s")
	l := defaultLimits()
	l.ping = 20 * time.Millisecond
	l.missed = 1 << 20
	s, addr := serve(t, fake, l)
	p := open(t, addr)
	p.playing(fake, "P", "s")
	k := s.socketOf("P")
	for range 5 {
		frame, err := p.raw()
		require.NoError(t, err)
		require.JSONEq(t, `{"message":"ping","data":[null]}`, frame)
		before := k.heard.Load()
		p.say(`{"message":"pong","data":[null]}`)
		require.Eventually(t, func() bool { return k.heard.Load() > before }, patience, time.Millisecond, "any message is a sign of life")
	}
	p.expectNothing() // asks with a ping of its own
}

func TestSilentBrowserIsDropped(t *testing.T) {
	fake := withStream("s")
	l := defaultLimits()
	l.ping = 400 * time.Millisecond // not so often that a machine which stands still drops it before it plays
	api := ends{fake, make(chan string, 1)}
	_, addr := serve(t, api, l)
	p := open(t, addr)
	p.play("P", "s")
	p.expectClosed(-1) // it reads the pings, and answers none
	require.Equal(t, "P Stopped by session disconnect", <-api.told)
}

func TestSilent(t *testing.T) {
	k := newSocket(newServer(Params{Log: slog.New(slog.DiscardHandler)}, defaultLimits()), nil)
	k.born = time.Now().Add(-time.Hour)
	require.True(t, k.silent())
	k.heard.Store(int64(time.Hour - 14*time.Second))
	require.False(t, k.silent())
	k.heard.Store(int64(time.Hour - 16*time.Second))
	require.True(t, k.silent())
	k.alive()
	require.False(t, k.silent())
}

func (s *Server) sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

func TestSmallMessages(t *testing.T) {
	fake := withStream("live")
	fake.SetStream(gateway.Stream{Name: "reserved"})
	s, addr := serve(t, fake, defaultLimits())
	for _, tc := range []struct{ say, name, data string }{
		{`{"message":"availableStream","data":[{"mediaSessionId":"P","name":"live"}]}`, "availableStream", `[{"id":"P","status":"true"}]`},
		{`{"message":"availableStream","data":[{"mediaSessionId":"P","name":"reserved"}]}`, "availableStream", `[{"id":"P","status":"true"}]`},
		{
			`{"message":"availableStream","data":[{"mediaSessionId":"P","name":"no"}]}`, "availableStream",
			`[{"id":"P","status":"false","info":"Stream not found"}]`,
		},
		{`{"message":"sendData","data":[{"operationId":"O","payload":{"a":1}}]}`, "DataStatusEvent", `[{"operationId":"O","status":"ACCEPTED"}]`},
		{`{"message":"sendData","data":[{"operationId":"O"}]}`, "DataStatusEvent", `[{"operationId":"O","status":"ACCEPTED"}]`},
		{
			`{"message":"sendData","data":[{"operationId":"O","payload":{"command":"join","options":{}}}]}`, "DataStatusEvent",
			`[{"operationId":"O","status":"FAILED","info":"the gateway has no rooms"}]`,
		},
		{
			`{"message":"snapshot","data":[{"mediaSessionId":"P","name":"live"}]}`, "notifyStreamEvent",
			`[{"mediaSessionId":"P","type":"snapshotFailed","payload":{"info":"the gateway takes no snapshots"}}]`,
		},
		{
			`{"message":"getVersion","data":[]}`, "fail",
			`[{"apiMethod":"getVersion","status":"FAILED","info":"the gateway does not know this message"}]`,
		},
	} {
		p := open(t, addr)
		p.say(tc.say)
		p.expect(tc.name, tc.data)
		p.expectNothing()
	}
	require.Equal(t, uint64(1), s.Refused())

	p := open(t, addr)
	for _, name := range []string{"pong", "sessionDebug", "submitBugReport", "pushLogs", "webRTCMetricsClientDescription", "webRTCMetricsBatch"} {
		p.say(`{"message":"` + name + `","data":[{"command":"start"}]}`)
		p.expectNothing()
	}
	p.say(`{"message":"connectMediaTransport","data":[{"authToken":"x"}]}`)
	p.expectClosed(websocket.StatusPolicyViolation)
}

func TestPlainHTTP(t *testing.T) {
	s, addr := serve(t, gatewaytest.New(), defaultLimits())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get("http://" + addr + "/anything")
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusUpgradeRequired, res.StatusCode)
	require.Contains(t, string(body), "Callcast 1.2.3")
	require.Zero(t, s.Refused())

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr, nil)
	require.NoError(t, err)
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "WebSocket")
	req.Header.Set("Sec-WebSocket-Version", "8")
	res, err = client.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusBadRequest, res.StatusCode)
	require.Equal(t, uint64(1), s.Refused())
	require.Zero(t, s.sockets())
}

// TestTwoPorts: what a page behind TLS publishes, a page without it plays, and hears of.
func TestTwoPorts(t *testing.T) {
	fake := gatewaytest.New()
	s, plain := serve(t, fake, defaultLimits())
	borrowed := httptest.NewUnstartedServer(nil)
	borrowed.StartTLS()
	defer borrowed.Close()
	cfg := borrowed.TLS.Clone()
	cfg.NextProtos = []string{"h2", "http/1.1"}
	addr, err := s.Start(gateway.ListenConfig{Host: "127.0.0.1"}, cfg)
	require.NoError(t, err)
	trusting := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}}
	conn, err := tls.Dial("tcp", addr.String(), trusting)
	require.NoError(t, err)
	require.Equal(t, "http/1.1", conn.ConnectionState().NegotiatedProtocol, "HTTP/2 has no upgrade")
	require.NoError(t, conn.Close())
	browser := &http.Transport{TLSClientConfig: trusting}
	p := dial(t, "wss://"+addr.String(), &websocket.DialOptions{HTTPClient: &http.Client{Transport: browser}})
	p.say(`{"message":"connection","data":[{"appKey":"defaultApp"}]}`)
	name, _ := p.hear()
	require.Equal(t, "getUserData", name)
	p.publishing(fake, "P", "cam")

	viewer := open(t, plain)
	viewer.playing(fake, "V", "cam")
	p.say(`{"message":"sendStreamEvent","data":[{"mediaSessionId":"P","type":"data","payload":{"n":1}}]}`)
	viewer.expect("notifyStreamEvent", `[{"mediaSessionId":"V","type":"data","payload":{"n":1}}]`)
}

func TestPortTaken(t *testing.T) {
	_, addr := serve(t, gatewaytest.New(), defaultLimits())
	_, port, _ := strings.Cut(addr, ":")
	var number int
	require.NoError(t, json.Unmarshal([]byte(port), &number))
	second := New(Params{API: gatewaytest.New(), Log: slog.New(slog.DiscardHandler)})
	_, err := second.Start(gateway.ListenConfig{Host: "127.0.0.1", Port: number}, nil)
	require.ErrorContains(t, err, "listen websdk: ")
	require.NoError(t, second.Close(t.Context()))
}

// TestCloseCutsWhatIsStuck: the gateway may take its time for a request, but not for ever.
func TestCloseCutsWhatIsStuck(t *testing.T) {
	fake := gatewaytest.New()
	asked := make(chan struct{})
	fake.PlayFunc = func(ctx context.Context, _ gateway.PlaySpec) (gateway.MediaAnswer, error) {
		close(asked)
		<-ctx.Done()
		return gateway.MediaAnswer{}, ctx.Err()
	}
	l := defaultLimits()
	l.request = time.Hour
	s, addr := serve(t, fake, l)
	p := open(t, addr)
	p.play("P", "s")
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, s.Close(ctx))
	require.Zero(t, s.sockets())
}

func TestClose(t *testing.T) {
	fake := withStream("s")
	s, addr := serve(t, fake, defaultLimits())
	first, second := open(t, addr), open(t, addr)
	first.playing(fake, "P", "s")
	done := make(chan error)
	go func() { done <- s.Close(context.WithoutCancel(t.Context())) }()
	first.expectClosed(websocket.StatusGoingAway)
	second.expectClosed(websocket.StatusGoingAway)
	require.NoError(t, <-done)
	require.Empty(t, fake.Snapshot().MediaSessions)
	require.Zero(t, fake.Subscribers())
	require.Zero(t, s.sockets())
	_, _, err := websocket.Dial(t.Context(), "ws://"+addr, nil)
	require.Error(t, err)
}
