package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/assets"
	"callcast/gateway"
	"callcast/gateway/engine"
	"callcast/gateway/rest"
	"callcast/gateway/websdk"
	"callcast/test/peers"
)

// gatewayUnderTest is an engine with its REST server on free ports.
type gatewayUnderTest struct {
	api  *engine.Engine
	rest string // base URL
	ws   string // host:port of the WebSDK
	rtmp string // host:port of the built-in server
	logs *logCounter
}

// startGateway starts a gateway that ends with the test, which fails if the gateway leaves goroutines, panics or
// writes the word "secret" - every password of these tests - or a key of SRTP into its log.
func startGateway(t *testing.T, change ...func(*gateway.Config)) *gatewayUnderTest {
	before := goleak.IgnoreCurrent()
	cfg := gateway.DefaultConfig()
	cfg.REST.Port, cfg.RTMP.Port, cfg.SIP.Port = 0, 0, 0
	cfg.SIP.Host = "127.0.0.1"
	cfg.WebRTC.Host, cfg.WebRTC.Port = "127.0.0.1", 0
	cfg.RTP = gateway.RTPConfig{}
	for _, c := range change {
		c(&cfg)
	}
	g := &gatewayUnderTest{logs: &logCounter{}}
	log := slog.New(slog.NewTextHandler(g.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	g.api, err = engine.New(engine.Params{Config: cfg, Version: "test", Log: log})
	require.NoError(t, err)
	require.NoError(t, g.api.Start())
	server := rest.New(rest.Params{API: g.api, Version: "test", Player: assets.Player(), Log: log})
	addr, err := server.Start(cfg.REST)
	require.NoError(t, err)
	g.rest = "http://" + addr.String()
	g.api.AddListener(gateway.Listener{Name: "rest", Setting: "rest_port", Address: addr.String()}, server.Refused)
	sockets := websdk.New(websdk.Params{API: g.api, Version: "test", Log: log})
	addr, err = sockets.Start(gateway.ListenConfig{Host: "127.0.0.1"}, nil)
	require.NoError(t, err)
	g.ws = addr.String()
	for _, l := range g.api.Snapshot().Listeners {
		require.Nil(t, l.Err)
		if l.Name == "rtmp" {
			g.rtmp = l.Address
		}
	}
	t.Cleanup(func() {
		g.logs.show(t)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		http.DefaultClient.CloseIdleConnections()
		require.NoError(t, sockets.Close(ctx))
		require.NoError(t, server.Close(ctx))
		require.NoError(t, g.api.Close(ctx))
		require.Zero(t, g.logs.panics.Load(), "a panic was contained")
		require.Zero(t, g.logs.secrets.Load(), "a secret was logged")
		peers.RequireNoLeak(t, before)
	})
	return g
}

// post sends a REST request and returns its status and body.
func (g *gatewayUnderTest) post(t testing.TB, path string, body any) (int, []byte) {
	t.Helper()
	data, err := json.Marshal(body)
	require.NoError(t, err)
	res, err := http.Post(g.rest+"/rest-api"+path, "application/json", bytes.NewReader(data))
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, text
}

// ok sends a REST request that must succeed.
func (g *gatewayUnderTest) ok(t testing.TB, path string, body any) {
	t.Helper()
	status, text := g.post(t, path, body)
	require.Equal(t, http.StatusOK, status, "%s: %s", path, text)
}

// find returns the WCS call object, or nil when there is none.
func (g *gatewayUnderTest) find(t testing.TB, id string) map[string]any {
	t.Helper()
	status, text := g.post(t, "/call/find", map[string]any{"callId": id})
	if status == http.StatusNotFound {
		return nil
	}
	require.Equal(t, http.StatusOK, status)
	var calls []map[string]any
	require.NoError(t, json.Unmarshal(text, &calls))
	require.Len(t, calls, 1)
	return calls[0]
}

// waitFor polls a call until its key has the value.
func (g *gatewayUnderTest) waitFor(t testing.TB, id, key string, value any, within time.Duration) {
	t.Helper()
	var last map[string]any
	require.Eventually(t, func() bool {
		last = g.find(t, id)
		return last != nil && last[key] == value
	}, within, 20*time.Millisecond, "call %s: %s is not %v: %v", id, key, value, &last)
}

// waitGone polls until the call is over.
func (g *gatewayUnderTest) waitGone(t testing.TB, id string, within time.Duration) {
	t.Helper()
	require.Eventually(t, func() bool { return g.find(t, id) == nil }, within, 20*time.Millisecond)
}

// watch records the calls' snapshots from now on; the function it returns gives those of one call. What follows too
// closely on something else may be missing: a subscription tells the latest.
func (g *gatewayUnderTest) watch(t testing.TB) func(id string) []gateway.Call {
	sub := g.api.Subscribe()
	var mu sync.Mutex
	seen := map[string][]gateway.Call{}
	var collector sync.WaitGroup
	collector.Go(func() {
		for {
			events, err := sub.Next(context.Background())
			if err != nil {
				return
			}
			mu.Lock()
			for _, ev := range events {
				if ev.Call != nil {
					seen[ev.ID] = append(seen[ev.ID], *ev.Call)
				}
			}
			mu.Unlock()
		}
	})
	t.Cleanup(func() {
		sub.Close()
		collector.Wait()
	})
	return func(id string) []gateway.Call {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen[id])
	}
}

// ending waits for the end of a call and returns its last snapshot.
func (g *gatewayUnderTest) ending(t testing.TB, history func(string) []gateway.Call, id string, within time.Duration) gateway.Call {
	t.Helper()
	var last gateway.Call
	require.Eventually(t, func() bool {
		if calls := history(id); len(calls) > 0 {
			last = calls[len(calls)-1]
		}
		return last.Status.Ended()
	}, within, 20*time.Millisecond, "call %s did not end: %+v", id, &last)
	return last
}

// logCounter counts what must not be in the log, and keeps the end of it for a test that fails.
type logCounter struct {
	panics, secrets atomic.Int32

	mu   sync.Mutex // guards last
	last []string
}

func (l *logCounter) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("msg=panic")) {
		l.panics.Add(1)
	}
	if bytes.Contains(line, []byte("secret")) || bytes.Contains(line, []byte("inline:")) {
		l.secrets.Add(1)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	const enough = 60
	l.last = append(l.last[max(0, len(l.last)-enough+1):], string(line))
	return len(line), nil
}

// show tells what the gateway did last.
func (l *logCounter) show(t *testing.T) {
	if t.Failed() {
		l.mu.Lock()
		defer l.mu.Unlock()
		t.Logf("the gateway said:\n%s", strings.Join(l.last, ""))
	}
}
