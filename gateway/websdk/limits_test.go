package websdk

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestGarbage(t *testing.T) {
	l := defaultLimits()
	garbage := []string{
		``, `x`, `null`, `[]`, `{}`, `"ping"`, `7`, `{"message":"ping"}`, `{"message":"ping","data":null}`, `{"message":"ping","data":{}}`,
		`{"message":"ping","data":"x"}`, `{"message":"playStream","data":[7]}`, `{"message":"playStream","data":["x"]}`,
		`{"message":"playStream","data":[[]]}`, `{"message":7,"data":[]}`, `{"message":"","data":[]}`, `{"data":[{}]}`,
		`{"message":"ping","data":[null]`, `{"message":"ping","data":[null]} x`, "{\"message\":\"ping\",\"data\":[{\"a\":\"\xff\"}]}",
		strings.Repeat(`[`, 20_000), `{"message":"ping","data":[` + strings.Repeat(`{"a":`, 20_000),
	}
	l.unreadable = len(garbage) + 1
	s, addr := serve(t, gatewaytest.New(), l)
	p := open(t, addr)
	for _, frame := range garbage {
		p.say(frame)
		name, data := p.hear()
		require.Equal(t, "fail", name)
		require.Contains(t, data, "not a message")
	}
	require.NoError(t, p.conn.Write(t.Context(), websocket.MessageBinary, []byte(`{"message":"ping","data":[null]}`)))
	name, _ := p.hear()
	require.Equal(t, "fail", name)
	p.expectNothing()
	require.Equal(t, uint64(len(garbage)+1), s.Refused())

	// Members of the wrong kind are as good as none.
	for _, frame := range []string{
		`{"message":"playStream","data":[{"mediaSessionId":{},"name":[],"sdp":null}]}`,
		`{"message":"playStream","data":[]}`,
		`{"message":"publishStream","data":[null]}`,
	} {
		p.say(frame)
		name, data := p.hear()
		require.Equal(t, "fail", name)
		require.Contains(t, data, "MediaSessionId is null")
	}
	for _, name := range []string{"stopStream", "unPublishStream"} {
		p.say(`{"message":"` + name + `","data":[]}`)
		p.expectNothing()
	}

	p.say(`one too many`)
	p.expectClosed(websocket.StatusPolicyViolation)
}

func TestMessageTooLong(t *testing.T) {
	s, addr := serve(t, gatewaytest.New(), defaultLimits())
	p := open(t, addr)
	p.say(`{"message":"pushLogs","data":[{"logs":"` + strings.Repeat("x", maxMessage-100) + `"}]}`)
	p.expectNothing()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_ = p.conn.Write(ctx, websocket.MessageText, make([]byte, maxMessage+1)) // it may be cut before it is out
	p.expectClosed(websocket.StatusMessageTooBig)
	require.Eventually(t, func() bool { return s.Refused() == 1 }, patience, time.Millisecond)
}

func TestPace(t *testing.T) {
	p := newPace(200, 100)
	now := p.at
	for range 100 {
		require.Zero(t, p.spend(1, now))
	}
	require.Equal(t, 5*time.Millisecond, p.spend(1, now))
	require.Equal(t, 10*time.Millisecond, p.spend(1, now))
	now = now.Add(10 * time.Millisecond)
	require.Equal(t, 5*time.Millisecond, p.spend(1, now))
	now = now.Add(time.Hour)
	require.Zero(t, p.spend(100, now), "no more than the burst is saved up")
	require.Equal(t, 50*time.Millisecond, p.spend(10, now))
}

// TestFlood: a socket that sends as fast as it can, messages or pings of the protocol, is served at its pace; the
// others do not feel it.
func TestFlood(t *testing.T) {
	const pings = 300
	var asked atomic.Int64
	s, addr := serve(t, counted{gatewaytest.New(), &asked}, defaultLimits())
	start := time.Now()
	flood, quit := context.WithCancel(t.Context())
	var join sync.WaitGroup
	flooder := open(t, addr)
	join.Go(func() {
		frame := []byte(`{"message":"availableStream","data":[{"name":"s"}]}`)
		for flooder.conn.Write(flood, websocket.MessageText, frame) == nil {
		}
	})
	control := upgraded(t, addr)
	join.Go(func() {
		masked := []byte{0x89, 0x80, 1, 2, 3, 4} // an empty ping
		for flood.Err() == nil {
			if _, err := control.Write(masked); err != nil {
				return
			}
		}
	})
	var pongs int64
	join.Go(func() {
		n, _ := io.Copy(io.Discard, control)
		pongs = n / 2 // bytes of an empty one
	})

	other := open(t, addr)
	for range pings {
		other.expectNothing()
	}
	require.Zero(t, s.Refused())
	quit()
	require.NoError(t, control.Close())
	join.Wait()
	most := defaultLimits().burst + defaultLimits().rate*time.Since(start).Seconds() + 1
	require.LessOrEqual(t, float64(asked.Load()), most)
	require.LessOrEqual(t, float64(pongs), most)
	require.GreaterOrEqual(t, asked.Load(), int64(defaultLimits().burst)-1)
	require.Positive(t, pongs)
}

// counted counts the snapshots that are asked for.
type counted struct {
	gateway.API
	asked *atomic.Int64
}

func (c counted) Snapshot() gateway.Snapshot {
	c.asked.Add(1)
	return c.API.Snapshot()
}

// upgraded is a socket without a library.
func upgraded(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, res.StatusCode)
	return conn
}

// socketOf is the server's side of the page that has a media session.
func (s *Server) socketOf(id string) *socket {
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	return s.registry.byID[id].owner
}

func TestSlowReaders(t *testing.T) {
	t.Run("its network is full", func(t *testing.T) {
		l := defaultLimits()
		l.write = 100 * time.Millisecond
		fake := withStream("s")
		api := ends{fake, make(chan string, 10)}
		s, addr := serve(t, api, l)
		p := open(t, addr)
		p.playing(fake, "P", "s")
		k := s.socketOf("P")
		// What is offered is lost at need, so only the time for a write can end this.
		require.Eventually(t, func() bool {
			k.offer("x", strings.Repeat("x", 100_000))
			return len(api.told) > 0
		}, patience, time.Millisecond)
		require.Equal(t, "P Stopped by session disconnect", <-api.told)
	})
	t.Run("its queue is full", func(t *testing.T) {
		fake := withStream("s")
		api := ends{fake, make(chan string, 10)}
		s, addr := serve(t, api, defaultLimits())
		p := open(t, addr)
		p.playing(fake, "P", "s")
		k := s.socketOf("P")
		require.Eventually(t, func() bool {
			k.send("x", strings.Repeat("x", 100_000))
			return len(api.told) > 0
		}, patience, time.Millisecond)
		require.Equal(t, "P Stopped by session disconnect", <-api.told)
	})
}

func TestOutboxIsBounded(t *testing.T) {
	o := newOutbox()
	require.True(t, o.put(make([]byte, maxQueuedBytes/2), 1))
	require.False(t, o.put(make([]byte, 1), 0.5))
	require.True(t, o.put(make([]byte, maxQueuedBytes/2), 1))
	require.False(t, o.put(make([]byte, 1), 1))
	require.Len(t, o.take(), 2)
	for range maxQueued {
		require.True(t, o.put(nil, 1))
	}
	require.False(t, o.put(nil, 1))
}

func TestHalfOpenConnections(t *testing.T) {
	l := defaultLimits()
	l.hello = 50 * time.Millisecond
	s, addr := serve(t, gatewaytest.New(), l)
	for _, said := range []string{"", "GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ", "\x16\x03\x01 no HTTP at all\r\n\r\n"} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
		require.NoError(t, err)
		_, err = io.WriteString(conn, said)
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
		_, err = io.Copy(io.Discard, conn)
		require.NoError(t, err, "the server should have hung up")
		require.NoError(t, conn.Close())
	}
	require.Eventually(t, func() bool { return s.Refused() == 3 }, patience, time.Millisecond)
}

func TestTooManySockets(t *testing.T) {
	l := defaultLimits()
	l.sockets = 2
	s, addr := serve(t, gatewaytest.New(), l)
	first, second := open(t, addr), open(t, addr)
	_, res, err := websocket.Dial(t.Context(), "ws://"+addr, nil)
	require.Error(t, err)
	require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
	require.NoError(t, first.conn.Close(websocket.StatusNormalClosure, ""))
	require.Eventually(t, func() bool { return s.sockets() == 1 }, patience, time.Millisecond)
	open(t, addr).expectNothing()
	second.expectNothing()
	require.Equal(t, uint64(1), s.Refused())
}

// TestClosingOnHalfAMessage: a browser that stops in the middle of a message does not keep the server from closing.
func TestClosingOnHalfAMessage(t *testing.T) {
	l := defaultLimits()
	l.goodbye = 100 * time.Millisecond
	s, addr := serve(t, gatewaytest.New(), l)
	for _, frame := range [][]byte{
		{},
		{0x81},
		{0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4, 'x'},              // 64 KiB, and one byte of them
		{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2}, // without end
	} {
		conn := upgraded(t, addr)
		_, err := conn.Write(frame)
		require.NoError(t, err)
	}
	greeted := upgraded(t, addr)
	hello := `{"message":"connection","data":[{}]}`
	_, err := greeted.Write(append([]byte{0x81, 0x80 | byte(len(hello)), 0, 0, 0, 0}, hello...))
	require.NoError(t, err)
	_, err = greeted.Write([]byte{0x01, 0x81, 0, 0, 0, 0, '{', 0x00, 0xfe, 0xff, 0xff, 0, 0, 0, 0, 'x'}) // fragments
	require.NoError(t, err)
	tooLong := upgraded(t, addr)
	_, err = tooLong.Write(append([]byte{0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, make([]byte, maxMessage+1)...)) // of 4 GiB
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.Refused() == 1 && s.sockets() == 5 }, patience, time.Millisecond)
	require.NoError(t, s.Close(t.Context()))
	require.Zero(t, s.sockets())
}

func TestThousandConnectsLeaveNothing(t *testing.T) {
	fake := withStream("s")
	s, addr := serve(t, fake, defaultLimits())
	var join sync.WaitGroup
	work := make(chan int)
	for range 20 {
		join.Go(func() {
			for i := range work {
				visit(t, addr, i)
			}
		})
	}
	for i := range 1000 {
		work <- i
	}
	close(work)
	join.Wait()
	require.Eventually(t, func() bool { return s.sockets() == 0 }, patience, time.Millisecond)
	require.Empty(t, fake.Snapshot().MediaSessions)
	require.Len(t, fake.Played(), 1000)
	require.Empty(t, s.registry.byID)
	require.Empty(t, s.registry.byStream)
	require.Empty(t, s.registry.bySocket)
	require.Equal(t, 1, fake.Subscribers())
}

// visit connects, plays, and leaves in one of three ways.
func visit(t *testing.T, addr string, i int) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws://"+addr, nil)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = conn.CloseNow() }()
	id := time.Duration(i).String()
	for _, frame := range []string{
		`{"message":"connection","data":[{}]}`,
		`{"message":"playStream","data":[{"mediaSessionId":"` + id + `","name":"s","sdp":"v=0"}]}`,
	} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
			t.Error(err)
		}
		if _, _, err := conn.Read(ctx); err != nil {
			t.Error(err)
		}
	}
	switch i % 3 {
	case 0:
		_ = conn.Close(websocket.StatusNormalClosure, "")
	case 1:
		_ = conn.Write(ctx, websocket.MessageText, []byte(`{"message":"stopStream","data":[{"mediaSessionId":"`+id+`"}]}`))
	}
}
