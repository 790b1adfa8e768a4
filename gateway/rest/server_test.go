package rest

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server on loopback until the test ends, and returns its base URL and a client of its own.
func serve(t *testing.T, api gateway.API, limits timeouts) (*Server, string, *http.Client) {
	t.Helper()
	s := newServer(Params{API: api, Version: "test", Log: slog.New(slog.DiscardHandler)}, limits)
	addr, err := s.Start(gateway.ListenConfig{Host: "127.0.0.1"})
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		require.NoError(t, s.Close(ctx))
	})
	return s, "http://" + addr.String(), &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

func get(t *testing.T, client *http.Client, url string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	res, err := client.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func TestEmptyAnswerOnTheWire(t *testing.T) {
	_, base, client := serve(t, gatewaytest.New(), defaultTimeouts())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/rest-api/call/startup", strings.NewReader(seedStartup))
	require.NoError(t, err)
	res, err := client.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Equal(t, "0", res.Header.Get("Content-Length"))
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Empty(t, body)
}

func TestEvents(t *testing.T) {
	for _, path := range []string{"/events", "/rest-api/events"} {
		t.Run(path, func(t *testing.T) {
			fake := gatewaytest.New()
			fake.SetCall(gateway.Call{ID: "a", Status: gateway.CallTrying})
			fake.SetStream(gateway.Stream{Name: "s"})
			// Time-outs that an ordinary request would not survive here.
			brief := time.Second
			_, base, client := serve(t, fake, timeouts{header: brief, read: brief, write: brief, idle: brief})
			res := get(t, client, base+path)
			require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
			events := bufio.NewReader(res.Body)

			name, data := nextEvent(t, events)
			require.Equal(t, "snapshot", name)
			require.Contains(t, data, `"callId":"a"`)
			require.Contains(t, data, `"streams":[{"name":"s"`)
			require.Contains(t, data, `"listeners":[]`)

			changed := time.AfterFunc(2*brief, func() {
				fake.SetCall(gateway.Call{ID: "a", Status: gateway.CallBusy, Ending: gateway.Ending{Reason: gateway.EndBusy}})
			})
			defer changed.Stop()
			name, data = nextEvent(t, events)
			require.Equal(t, "call", name)
			require.Contains(t, data, `"status":"BUSY"`)
			require.Contains(t, data, `"endReason":"busy"`)

			fake.RemoveCall("a")
			name, data = nextEvent(t, events)
			require.Equal(t, "call", name)
			require.JSONEq(t, `{"id":"a","removed":true}`, data)

			require.NoError(t, res.Body.Close())
			require.Eventually(t, func() bool { return fake.Subscribers() == 0 }, 5*time.Second, time.Millisecond)
		})
	}
}

// nextEvent reads one event and skips heartbeats.
func nextEvent(t *testing.T, r *bufio.Reader) (name, data string) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		require.NoError(t, err)
		switch key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); key {
		case "event":
			name = value
		case "data":
			data = value
		case "":
			if name != "" {
				return name, data
			}
		}
	}
}

func TestCloseEndsEventStreams(t *testing.T) {
	fake := gatewaytest.New()
	s, base, client := serve(t, fake, defaultTimeouts())
	res := get(t, client, base+"/events")
	events := bufio.NewReader(res.Body)
	nextEvent(t, events)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(t, s.Close(ctx))
	_, err := io.ReadAll(events)
	require.NoError(t, err)
	require.Zero(t, fake.Subscribers())
}

// What keeps a server from stopping, unless it cuts it: the library waits five seconds for who says nothing, and an event may
// take ten to be read.
func TestCloseCutsClients(t *testing.T) {
	for name, client := range map[string]struct{ says, hears string }{
		"that say nothing":  {},
		"that read nothing": {says: "GET /events HTTP/1.1\r\nHost: callcast\r\n\r\n", hears: "HTTP/1.1 200 OK"},
	} {
		t.Run(name, func(t *testing.T) {
			fake := gatewaytest.New()
			fake.SetCall(gateway.Call{ID: "a", VisibleName: strings.Repeat("more than the network holds ", 1<<20)})
			s := newServer(Params{API: fake, Log: slog.New(slog.DiscardHandler)}, timeouts{goodbye: 10 * time.Millisecond})
			addr, err := s.Start(gateway.ListenConfig{Host: "127.0.0.1"})
			require.NoError(t, err)
			conn, err := net.Dial("tcp", addr.String())
			require.NoError(t, err)
			defer func() { _ = conn.Close() }()
			_, err = conn.Write([]byte(client.says))
			require.NoError(t, err)
			heard := make([]byte, len(client.hears))
			_, err = io.ReadFull(conn, heard)
			require.NoError(t, err)
			require.Equal(t, client.hears, string(heard))

			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
			defer cancel()
			require.NoError(t, s.Close(ctx))
			require.NoError(t, ctx.Err())
			require.Eventually(t, func() bool { return fake.Subscribers() == 0 }, 5*time.Second, time.Millisecond)
		})
	}
}

func TestSlowClientIsCut(t *testing.T) {
	limits := defaultTimeouts()
	limits.header = 100 * time.Millisecond
	_, base, _ := serve(t, gatewaytest.New(), limits)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(base, "http://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = conn.Write([]byte("POST /rest-api/call/startup HTTP/1.1\r\nHost: h\r\nX-Slow: "))
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
	_, err = io.ReadAll(conn)
	require.NoError(t, err, "the server should have hung up")
}

func TestGarbageOnThePort(t *testing.T) {
	_, base, client := serve(t, gatewaytest.New(), defaultTimeouts())
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(base, "http://"))
	require.NoError(t, err)
	_, err = conn.Write([]byte("\x16\x03\x01\x00\xff\r\n\r\n"))
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Contains(t, string(answer), "400 Bad Request")
	require.NoError(t, conn.Close())
	require.Equal(t, http.StatusOK, get(t, client, base+"/healthz").StatusCode)
}

func TestPortTaken(t *testing.T) {
	_, base, _ := serve(t, gatewaytest.New(), defaultTimeouts())
	_, port, err := net.SplitHostPort(strings.TrimPrefix(base, "http://"))
	require.NoError(t, err)
	second := New(Params{API: gatewaytest.New(), Log: slog.New(slog.DiscardHandler)})
	number, err := net.LookupPort("tcp", port)
	require.NoError(t, err)
	_, err = second.Start(gateway.ListenConfig{Host: "127.0.0.1", Port: number})
	require.ErrorContains(t, err, "listen rest: ")
	require.NoError(t, second.Close(t.Context()))
}

func TestUnreadableConnectionsAreCounted(t *testing.T) {
	s := New(Params{API: gatewaytest.New(), Log: slog.New(slog.DiscardHandler)})
	addr, err := s.Start(gateway.ListenConfig{Host: "127.0.0.1"})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close(t.Context())) }()
	for range 3 {
		c, err := net.Dial("tcp", addr.String())
		require.NoError(t, err)
		_, err = c.Write([]byte("\x16\x03\x01 no HTTP at all\r\n\r\n"))
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, c) // until the server hangs up
		require.NoError(t, c.Close())
	}
	res, err := http.Get("http://" + addr.String() + "/healthz")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	http.DefaultClient.CloseIdleConnections()
	require.Eventually(t, func() bool { return s.Refused() == 3 }, 5*time.Second, 10*time.Millisecond)
}
