package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
	"callcast/gateway/internal/rtmp/rtmptest"
	rtmpsink "callcast/gateway/internal/sink/rtmp"
	rtmpsource "callcast/gateway/internal/source/rtmp"
	"callcast/gateway/internal/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hub is a table of streams by "app/name", one publisher each.
type hub struct {
	mu      sync.Mutex
	streams map[string]*stream.Stream
}

func (h *hub) Publish(app, name string, remote netip.AddrPort) (*stream.Stream, func(), error) {
	key := app + "/" + name
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[key] != nil {
		return nil, nil, errors.New("stream name already in use")
	}
	if !remote.Addr().IsLoopback() {
		return nil, nil, errors.New("a stranger")
	}
	s := stream.New(stream.Params{Name: name, Log: slog.New(slog.DiscardHandler)})
	h.streams[key] = s
	return s, func() {
		h.mu.Lock()
		delete(h.streams, key)
		h.mu.Unlock()
		s.Close()
	}, nil
}

func (h *hub) Play(app, name string) (*stream.Stream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.streams[app+"/"+name]
	if s == nil {
		return nil, errors.New("stream not found")
	}
	return s, nil
}

func newServer(t *testing.T, limits Limits) (*Server, *hub, string) {
	t.Helper()
	h := &hub{streams: map[string]*stream.Stream{}}
	s := New(Params{Hub: h, Limits: limits, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, s.Start(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		require.NoError(t, s.Close(ctx))
		require.Empty(t, h.streams, "a publisher was not released")
	})
	return s, h, "rtmp://" + s.Addr().String()
}

// ffmpeg runs in the background until the test ends or wait is called.
func ffmpeg(t *testing.T, args ...string) (wait func() (string, error)) {
	t.Helper()
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-nostdin", "-hide_banner", "-loglevel", "warning", "-y"}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	wait = sync.OnceValues(func() (string, error) {
		err := cmd.Wait()
		return out.String(), err
	})
	t.Cleanup(func() {
		cancel()
		wait()
	})
	return wait
}

// publishClip has ffmpeg publish the clip, with B-frames, until the test ends.
func publishClip(t *testing.T, s *Server, url string) {
	t.Helper()
	before := s.Stats().Publishers
	rtmptest.Publish(t, url, "-preset", "veryfast", "-bf", "2")
	require.Eventually(t, func() bool { return s.Stats().Publishers > before }, 20*time.Second, 10*time.Millisecond)
}

func requireClip(t *testing.T, file string) {
	t.Helper()
	got := rtmptest.Recording(file)
	got.RequireMonotonic(t)
	require.Equal(t, "320x180", got.Size(t))
	require.GreaterOrEqual(t, got.Pictures(t), 2*rtmptest.FPS-3)
	require.Greater(t, got.ToneShare(t), 0.9)
}

func TestFFmpegPublishesAndPlays(t *testing.T) {
	s, _, url := newServer(t, Limits{})
	publishClip(t, s, url+"/live/name?key=1")
	file := filepath.Join(t.TempDir(), "played.flv")
	out, err := ffmpeg(t, "-i", url+"/live/name", "-t", "2", "-c", "copy", file)()
	require.NoError(t, err, out)
	requireClip(t, file)
	require.Equal(t, uint64(1), s.Stats().Players)
}

func TestOwnPushIsPlayed(t *testing.T) {
	s, _, url := newServer(t, Limits{})
	clip := rtmptest.NewClip(t)
	source := stream.New(stream.Params{Name: "call", Log: slog.New(slog.DiscardHandler)})
	defer source.Close()
	defer clip.Play(t, source)()
	target, bad := rtmp.ParseTarget(url+"/live", "name", "rtmp_")
	require.Nil(t, bad)
	active := make(chan struct{})
	push := rtmpsink.NewPush(rtmpsink.PushParams{
		Stream: source, Target: target, Log: slog.New(slog.DiscardHandler),
		OnChange: func(s rtmpsink.PushState) {
			if s.Status == gateway.RTMPActive {
				close(active)
			}
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- push.Run(ctx) }()
	<-active
	file := filepath.Join(t.TempDir(), "played.flv")
	out, err := ffmpeg(t, "-i", url+"/live/rtmp_name", "-t", "2", "-c", "copy", file)()
	require.NoError(t, err, out)
	requireClip(t, file)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Equal(t, uint64(1), s.Stats().Publishers)
}

func TestPlayerIsToldOfTheEnd(t *testing.T) {
	s, h, url := newServer(t, Limits{})
	publishClip(t, s, url+"/live/name")
	wait := ffmpeg(t, "-i", url+"/live/name", "-c", "copy", "-f", "null", "-")
	require.Eventually(t, func() bool { return s.Stats().Players == 1 }, 20*time.Second, 10*time.Millisecond)
	source, err := h.Play("live", "name")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, video := source.Stats()
		return video.Units > rtmptest.FPS
	}, 20*time.Second, 10*time.Millisecond)
	source.Close()
	out, err := wait()
	require.NoError(t, err, out)
}

func TestHubRefusesInRTMPsWords(t *testing.T) {
	s, _, url := newServer(t, Limits{})
	publishClip(t, s, url+"/live/name")

	target, bad := rtmp.ParseTarget(url+"/live/name", "", "")
	require.Nil(t, bad)
	_, err := rtmp.Dial(t.Context(), target, rtmp.Options{})
	var refusal *rtmp.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, rtmp.Refusal{Code: "NetStream.Publish.BadName", Description: "stream name already in use"}, *refusal)

	out, err := ffmpeg(t, "-f", "lavfi", "-i", "testsrc2", "-t", "5", "-f", "flv", url+"/live/name")()
	require.Error(t, err)
	require.Contains(t, out, "stream name already in use")
	out, err = ffmpeg(t, "-i", url+"/live/other", "-f", "null", "-")()
	require.Error(t, err)
	require.Contains(t, out, "stream not found")
	require.Equal(t, uint64(3), s.Stats().Refused)
}

func publisher(t *testing.T, url string) *rtmp.Publisher {
	t.Helper()
	target, bad := rtmp.ParseTarget(url+"/live/name", "", "")
	require.Nil(t, bad)
	p, err := rtmp.Dial(t.Context(), target, rtmp.Options{})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// A publisher whose stream somebody ends is told so and disconnected.
func TestPublisherIsDisconnectedWithItsStream(t *testing.T) {
	_, h, url := newServer(t, Limits{})
	p := publisher(t, url)
	s, err := h.Play("live", "name")
	require.NoError(t, err)
	s.Close()
	select {
	case <-p.Done():
	case <-time.After(5 * time.Second):
		require.Fail(t, "still connected")
	}
	require.Equal(t, "NetStream.Unpublish.Success: name is no longer published.", p.Said())
}

func TestPublisherIsToldWhatCannotBeTaken(t *testing.T) {
	_, _, url := newServer(t, Limits{})
	p := publisher(t, url)
	require.NoError(t, p.WriteTag(rtmp.Tag{Type: rtmp.TagAudio, Payload: []byte{0x2F, 1}})) // MP3
	<-p.Done()
	var refusal *rtmp.Refusal
	require.ErrorAs(t, p.Err(), &refusal)
	require.Equal(t, "NetStream.Publish.Failed", refusal.Code)
	require.Contains(t, refusal.Description, "this audio codec cannot be taken")
}

// What is pulled from a server of ours is what was published there, and its player is known by its address.
func TestOwnServerIsPulled(t *testing.T) {
	_, h, url := newServer(t, Limits{})
	p := publisher(t, url)
	for _, tag := range []rtmp.Tag{
		{Type: rtmp.TagAudio, Timestamp: 0, Payload: []byte{0xAF, 0, 0x11, 0x88}},
		{Type: rtmp.TagAudio, Timestamp: 0, Payload: []byte{0xAF, 1, 7}},
	} {
		require.NoError(t, p.WriteTag(tag))
	}
	from, err := h.Play("live", "name")
	require.NoError(t, err)
	target, bad := rtmp.ParseURI(url + "/live/name")
	require.Nil(t, bad)
	to := stream.New(stream.Params{Name: "pulled", Log: slog.New(slog.DiscardHandler)})
	defer to.Close()
	r := to.Attach(stream.ReaderParams{Audio: []media.Codec{media.AAC}})
	pull := rtmpsource.NewPull(rtmpsource.PullParams{Stream: to, Target: target, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- pull.Run(ctx) }()
	require.Eventually(t, func() bool { return len(from.Readers()) == 1 }, 20*time.Second, time.Millisecond)
	require.Regexp(t, `^127\.0\.0\.1:\d+$`, from.Readers()[0].Sink().Target)
	// audio alone goes out once no picture has come for so long
	for i := range byte(4) {
		require.NoError(t, p.WriteTag(rtmp.Tag{Type: rtmp.TagAudio, Timestamp: 1000 * uint32(i+1), Payload: []byte{0xAF, 1, i}}))
	}
	u, err := r.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, []byte{2}, u.Payload)
	require.Equal(t, []byte{0x11, 0x88}, u.Format.Config)
	require.Equal(t, gateway.PullRunning, pull.State().Status)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
}

func TestGarbageIsCutAndCounted(t *testing.T) {
	s, _, _ := newServer(t, Limits{Timeouts: rtmp.Timeouts{Answer: 200 * time.Millisecond}})
	handshake := append([]byte{3}, make([]byte, 2*1536)...)
	for name, b := range map[string][]byte{
		"HTTP":                 []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"half open":            nil,
		"half a handshake":     handshake[:100],
		"nothing after":        handshake,
		"garbage after":        append(bytes.Clone(handshake), bytes.Repeat([]byte{0xFF}, 10_000)...),
		"a huge message":       append(bytes.Clone(handshake), 4, 0, 0, 0, 0xFF, 0xFF, 0xFF, 9, 1, 0, 0, 0),
		"a huge strict array":  append(bytes.Clone(handshake), 3, 0, 0, 0, 0, 0, 5, 20, 0, 0, 0, 0, 10, 0x7F, 0xFF, 0xFF, 0xFF),
		"a command with holes": append(bytes.Clone(handshake), 3, 0, 0, 0, 0, 0, 1, 20, 0, 0, 0, 0, 2),
	} {
		t.Run(name, func(t *testing.T) {
			before := s.Stats().Garbage
			nc, err := net.Dial("tcp", s.Addr().String())
			require.NoError(t, err)
			defer nc.Close()
			_, err = nc.Write(b)
			require.NoError(t, err)
			require.NoError(t, nc.SetReadDeadline(time.Now().Add(3*time.Second)))
			_, err = io.Copy(io.Discard, nc)
			require.NotErrorIs(t, err, context.DeadlineExceeded, "was not cut")
			require.Eventually(t, func() bool { return s.Stats().Garbage == before+1 }, time.Second, time.Millisecond)
		})
	}
}

func TestTooManyConnectionsAreCut(t *testing.T) {
	s, _, _ := newServer(t, Limits{Connections: 2})
	for range 2 {
		nc, err := net.Dial("tcp", s.Addr().String())
		require.NoError(t, err)
		defer nc.Close()
	}
	nc, err := net.Dial("tcp", s.Addr().String())
	require.NoError(t, err)
	defer nc.Close()
	_, err = nc.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, uint64(1), s.Stats().TooMany)
}

func TestIdlePublisherIsCut(t *testing.T) {
	_, h, url := newServer(t, Limits{Idle: 200 * time.Millisecond})
	p := publisher(t, url)
	select {
	case <-p.Done():
	case <-time.After(3 * time.Second):
		require.Fail(t, "was not cut")
	}
	require.Eventually(t, func() bool {
		_, err := h.Play("live", "name")
		return err != nil
	}, time.Second, time.Millisecond, "still there")
}

func TestServeAndClose(t *testing.T) {
	s := New(Params{Hub: &hub{}, Log: slog.New(slog.DiscardHandler)})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	nc, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, s.Close(t.Context()))
	require.NoError(t, <-served)
	require.ErrorIs(t, s.Start(t.Context(), "127.0.0.1:0"), rtmp.ErrClosed)
}
