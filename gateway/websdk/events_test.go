package websdk

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestPublisherTellsViewers(t *testing.T) {
	fake := withStream("other")
	_, addr := serve(t, fake, defaultLimits())
	publisher, viewer, stranger := open(t, addr), open(t, addr), open(t, addr)
	publisher.publishing(fake, "P", "cam")
	viewer.playing(fake, "V", "cam")
	viewer.playing(fake, "W", "cam")
	stranger.playing(fake, "S", "other")

	publisher.say(`{"message":"sendStreamEvent","data":[{"mediaSessionId":"P","type":"audioMuted"}]}`)
	var told []string
	for range 2 {
		name, data := viewer.hear()
		require.Equal(t, "notifyStreamEvent", name)
		told = append(told, data)
	}
	require.ElementsMatch(t, []string{
		`[{"mediaSessionId":"V","type":"audioMuted"}]`, `[{"mediaSessionId":"W","type":"audioMuted"}]`,
	}, told)
	publisher.say(`{"message":"sendStreamEvent","data":[{"mediaSessionId":"P","type":"videoMuted"}]}`)
	publisher.say(`{"message":"sendStreamEvent","data":[{"mediaSessionId":"P","type":"videoUnmuted"}]}`)
	publisher.expectNothing()

	late := open(t, addr)
	late.playing(fake, "L", "cam")
	late.expect("notifyStreamEvent", `[{"mediaSessionId":"L","type":"audioMuted"}]`)
	late.expectNothing()

	// Nobody speaks for a stream but its publisher, and nobody for the gateway.
	for _, m := range []string{
		`{"message":"sendStreamEvent","data":[{"mediaSessionId":"P","type":"data","payload":1}]}`,
		`{"message":"sendStreamEvent","data":[{"mediaSessionId":"S","type":"data","payload":1}]}`,
	} {
		stranger.say(m)
		stranger.expectNothing()
	}
	publisher.say(`{"message":"sendStreamEvent","data":[{"mediaSessionId":"P","type":"resize","payload":{"streamerVideoWidth":1}}]}`)
	publisher.expect("fail", `[{"apiMethod":"sendStreamEvent","id":"P","status":"FAILED","info":"stream event \"resize\" is not passed on"}]`)
	publisher.say(`{"message":"sendStreamEvent","data":[{"mediaSessionId":"P","type":"data","payload":"` + strings.Repeat("x", maxPayload) + `"}]}`)
	name, _ := publisher.hear()
	require.Equal(t, "fail", name)
	late.expectNothing()

	publisher.say(`{"message":"sendStreamEvent","data":[{"mediaSessionId":"P","type":"data","payload":{"text":"hello"}}]}`)
	late.expect("notifyStreamEvent", `[{"mediaSessionId":"L","type":"data","payload":{"text":"hello"}}]`)
}

// cuttable is a gateway whose subscriptions can be cut.
type cuttable struct {
	gateway.API

	mu  sync.Mutex // guards sub
	sub gateway.Subscription
	no  atomic.Bool // the next subscriptions deliver nothing
}

func (c *cuttable) Subscribe() gateway.Subscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sub = c.API.Subscribe()
	if c.no.Load() {
		c.sub.Close()
	}
	return c.sub
}

func (c *cuttable) cut() {
	c.no.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sub.Close()
}

// TestSubscriptionIsCut: what ended meanwhile is told, what goes on goes on.
func TestSubscriptionIsCut(t *testing.T) {
	fake := withStream("s")
	api := &cuttable{API: fake}
	s, addr := serve(t, api, defaultLimits())
	p := open(t, addr)
	p.playing(fake, "stays", "s")
	p.playing(fake, "goes", "s")
	p.publishing(fake, "cam", "cam")
	p.play("pending", "s")
	p.expect("setRemoteSDP", `["pending","v=0\r\n",true]`)
	require.Eventually(t, func() bool { return len(s.registry.known()) == 4 }, patience, time.Millisecond)

	api.cut()
	fake.RemoveSession("goes")
	fake.RemoveSession("cam")
	fake.RemoveSession("pending")
	api.no.Store(false)
	var told []string
	for range 3 {
		name, data := p.hear()
		require.Equal(t, "notifyStreamStatusEvent", name)
		told = append(told, data)
	}
	const streams = `,"hasAudio":false,"hasVideo":false,"status":`
	require.ElementsMatch(t, []string{
		`[{"mediaSessionId":"goes","name":"s","published":false` + streams + `"STOPPED","mediaProvider":"WebRTC"}]`,
		`[{"mediaSessionId":"cam","name":"cam","published":true` + streams + `"UNPUBLISHED","mediaProvider":"WebRTC"}]`,
		`[{"mediaSessionId":"pending","name":"s","published":false,"hasAudio":true,"hasVideo":true,` +
			`"status":"FAILED","info":"Failed by error","mediaProvider":"WebRTC"}]`,
	}, told)
	fake.SetSession(gateway.MediaSession{ID: "stays", Status: gateway.MediaStopped, Info: gateway.InfoByPublisher})
	p.expectStatus("stays", gateway.MediaStopped, gateway.InfoByPublisher)
	p.expectNothing()
}

// TestOldNewsOfAnID: an id that is used again is not confused with what had it before.
func TestOldNewsOfAnID(t *testing.T) {
	r := newRegistry(1)
	k := &socket{out: newOutbox()}
	m := &media{id: "P", owner: k, asked: time.Now()}
	_, room := r.reserve(m)
	require.True(t, room)
	r.answer(m, "v=0")
	r.change(gateway.MediaSession{ID: "P", Status: gateway.MediaStopped, Created: m.asked.Add(-time.Second)})
	r.vanish("P")
	require.Len(t, k.out.take(), 1, "the answer and nothing else")
	r.change(gateway.MediaSession{ID: "P", Status: gateway.MediaPlaying, Created: m.asked.Add(time.Second)})
	require.Len(t, k.out.take(), 1)
}

// TestFaultIsContained: it costs the socket that ran into it, and what that had started.
func TestFaultIsContained(t *testing.T) {
	fake := gatewaytest.New()
	fake.PlayFunc = func(context.Context, gateway.PlaySpec) (gateway.MediaAnswer, error) { panic("index out of range") }
	api := ends{fake, make(chan string, 10)}
	var log strings.Builder
	var mu sync.Mutex
	s := New(Params{API: api, Log: slog.New(slog.NewTextHandler(locked{&mu, &log}, nil))})
	addr, err := s.Start(gateway.ListenConfig{Host: "127.0.0.1"}, nil)
	require.NoError(t, err)
	other, p := open(t, addr.String()), open(t, addr.String())
	p.publishing(fake, "P", "cam")
	p.play("Q", "cam")
	p.expectClosed(-1)
	require.ElementsMatch(t, []string{"P Stopped by session disconnect", "Q Stopped by session disconnect"}, []string{<-api.told, <-api.told})
	other.expectNothing()
	require.NoError(t, other.conn.CloseNow())
	require.NoError(t, s.Close(t.Context()))
	require.Contains(t, log.String(), "index out of range")
	require.Empty(t, s.registry.bySocket)
}

type locked struct {
	mu *sync.Mutex
	to *strings.Builder
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

func TestFollowsOnce(t *testing.T) {
	fake := gatewaytest.New()
	s, _ := serve(t, fake, defaultLimits())
	_, err := s.Start(gateway.ListenConfig{Host: "127.0.0.1"}, nil)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return fake.Subscribers() == 1 }, patience, time.Millisecond)
}
