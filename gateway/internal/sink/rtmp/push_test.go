package rtmp

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
	"callcast/gateway/internal/rtmp/rtmptest"
	"callcast/gateway/internal/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pushed is a push under test with the states it went through.
type pushed struct {
	*Push
	stop func() error

	mu     sync.Mutex
	states []PushState
}

func target(t *testing.T, url, name string) rtmp.Target {
	t.Helper()
	target, err := rtmp.ParseTarget(url, name, "")
	require.Nil(t, err)
	return target
}

func newStream(t *testing.T) *stream.Stream {
	s := stream.New(stream.Params{Name: "call", Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(s.Close)
	return s
}

func encoder(rate, channels int) (SoundEncoder, error) {
	return transcode.NewSoundEncoder(media.AAC, rate, channels)
}

// start runs a push that ends with the test.
func start(t *testing.T, s *stream.Stream, to rtmp.Target) *pushed {
	t.Helper()
	p := &pushed{}
	p.Push = NewPush(PushParams{Stream: s, Target: to, Encoder: encoder, Log: slog.New(slog.DiscardHandler), OnChange: func(s PushState) {
		p.mu.Lock()
		p.states = append(p.states, s)
		p.mu.Unlock()
	}})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	p.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { p.stop() })
	return p
}

func (p *pushed) waitFor(t *testing.T, status gateway.RTMPStatus, within time.Duration) {
	t.Helper()
	require.Eventually(t, func() bool { return p.State().Status == status }, within, 5*time.Millisecond, "never became %s", status)
}

// waitForBytes waits until so much more is sent.
func (p *pushed) waitForBytes(t *testing.T, more uint64) {
	t.Helper()
	goal := p.State().Bytes + more
	require.Eventually(t, func() bool { return p.State().Bytes >= goal }, 20*time.Second, 10*time.Millisecond, "nothing is sent")
}

// waitForPictures waits until the stream has had so many more.
func (p *pushed) waitForPictures(t *testing.T, s *stream.Stream, more uint64) {
	t.Helper()
	_, video := s.Stats()
	goal := video.Units + more
	require.Eventually(t, func() bool {
		_, video := s.Stats()
		return video.Units >= goal
	}, 20*time.Second, 10*time.Millisecond, "no pictures come")
}

func (p *pushed) statuses() (all []gateway.RTMPStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.states {
		if len(all) == 0 || all[len(all)-1] != s.Status {
			all = append(all, s.Status)
		}
	}
	return all
}

func TestPushIntoNginx(t *testing.T) {
	nginx, clip, s := rtmptest.NewNginx(t), rtmptest.NewClip(t), newStream(t)
	p := start(t, s, target(t, nginx.URL("rec"), "name"))
	require.Equal(t, gateway.RTMPWait, p.State().Status)
	clip.Play(t, s)
	p.waitFor(t, gateway.RTMPActive, 20*time.Second)
	p.waitForBytes(t, 200_000)
	require.ErrorIs(t, p.stop(), context.Canceled)
	require.Equal(t, []gateway.RTMPStatus{gateway.RTMPActive}, p.statuses())

	files := nginx.Recordings(t, "name")
	require.Len(t, files, 1)
	got := rtmptest.Recording(files[0])
	got.RequireMonotonic(t)
	require.Equal(t, "320x180", got.Size(t))
	require.Greater(t, got.Pictures(t), rtmptest.FPS)
	require.Greater(t, got.ToneShare(t), 0.9)
}

func TestPushSurvivesARestartOfTheServer(t *testing.T) {
	nginx, clip, s := rtmptest.NewNginx(t), rtmptest.NewClip(t), newStream(t)
	p := start(t, s, target(t, nginx.URL("rec"), "name"))
	clip.Play(t, s)
	p.waitFor(t, gateway.RTMPActive, 20*time.Second)
	p.waitForBytes(t, 100_000)
	nginx.Kill()
	p.waitFor(t, gateway.RTMPLost, 20*time.Second)
	down := time.NewTimer(3 * time.Second) // long enough for the back-off to be at its longest
	<-down.C
	require.Equal(t, gateway.RTMPLost, p.State().Status)
	require.Contains(t, p.State().Problem, "connect to 127.0.0.1:")
	nginx.Start(t)
	back := time.Now()
	p.waitFor(t, gateway.RTMPActive, 5*time.Second) // two on an idle machine
	t.Logf("publishing again %v after the server's return", time.Since(back))
	require.Empty(t, p.State().Problem)
	p.waitForBytes(t, 100_000)
	p.stop()

	files := nginx.Recordings(t, "name")
	require.Len(t, files, 2)
	for _, file := range files {
		got := rtmptest.Recording(file)
		got.RequireMonotonic(t)
		require.Greater(t, got.Pictures(t), rtmptest.FPS/2)
		require.Greater(t, got.ToneShare(t), 0.8)
	}
}

func TestPushTellsOfATakenName(t *testing.T) {
	nginx, clip, s := rtmptest.NewNginx(t), rtmptest.NewClip(t), newStream(t)
	clip.Play(t, s)
	first := start(t, s, target(t, nginx.URL("live"), "name"))
	first.waitFor(t, gateway.RTMPActive, 20*time.Second)
	second := start(t, s, target(t, nginx.URL("live"), "name"))
	second.waitFor(t, gateway.RTMPFailed, 20*time.Second)
	require.Contains(t, second.State().Problem, "NetStream.Publish.BadName")
	first.stop()
	second.waitFor(t, gateway.RTMPActive, 20*time.Second)
	require.Empty(t, second.State().Problem)
}

func TestPushTellsOfAnUnknownApplication(t *testing.T) {
	nginx, clip, s := rtmptest.NewNginx(t), rtmptest.NewClip(t), newStream(t)
	clip.Play(t, s)
	p := start(t, s, target(t, nginx.URL("nowhere"), "name"))
	p.waitFor(t, gateway.RTMPFailed, 20*time.Second)
	require.Contains(t, p.State().Problem, `"nowhere"`)
	require.NotContains(t, p.statuses(), gateway.RTMPActive)
}

// A server that is cut off and comes back sees the timeline go on, with headers and a key picture first.
func TestPushContinuesTheTimeline(t *testing.T) {
	clip, s := rtmptest.NewClip(t), newStream(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	p := start(t, s, target(t, "rtmp://"+l.Addr().String()+"/live", "name"))
	clip.Play(t, s)
	latest := map[rtmp.TagType]uint32{}
	for connection := range 3 {
		nc, err := l.Accept()
		require.NoError(t, err)
		session, err := rtmp.Accept(t.Context(), nc, rtmp.Timeouts{})
		require.NoError(t, err)
		require.NoError(t, session.Start())
		for i := range 60 {
			tag, err := session.ReadTag(5 * time.Second)
			require.NoError(t, err)
			if i == 0 {
				require.Equal(t, rtmp.TagVideo, tag.Type)
				require.Equal(t, []byte{0x17, 0}, tag.Payload[:2], "sequence header first")
				require.Equal(t, connection == 0, tag.Timestamp == 0)
			}
			if i == 1 {
				require.Equal(t, []byte{0x17, 1}, tag.Payload[:2], "then a key picture")
			}
			require.GreaterOrEqual(t, tag.Timestamp, latest[tag.Type])
			latest[tag.Type] = tag.Timestamp
		}
		session.Cut()
		session.Close()
	}
	p.stop()
}

func TestPushEndsWithItsStream(t *testing.T) {
	s := newStream(t)
	p := NewPush(PushParams{Stream: s, Target: target(t, "rtmp://127.0.0.1:1/live", "name"), Log: slog.New(slog.DiscardHandler)})
	ended := make(chan error)
	go func() { ended <- p.Run(t.Context()) }()
	s.Close()
	require.NoError(t, <-ended)
	require.Equal(t, gateway.RTMPWait, p.State().Status)
}
