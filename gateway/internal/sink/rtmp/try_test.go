package rtmp

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/rtmp"
	"callcast/gateway/internal/rtmp/rtmptest"
	"callcast/gateway/internal/stream"
)

func try(t *testing.T, s *stream.Stream, to rtmp.Target) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return Try(ctx, PushParams{Stream: s, Target: to, Log: slog.New(slog.DiscardHandler)}, 300*time.Millisecond)
}

func TestTry(t *testing.T) {
	nginx, clip, s := rtmptest.NewNginx(t), rtmptest.NewClip(t), newStream(t)
	clip.Play(t, s)
	said, err := try(t, s, target(t, nginx.URL("rec"), "name"))
	require.NoError(t, err)
	require.Contains(t, said, "NetStream.Publish.Start")
	require.NotZero(t, rtmptest.Recording(nginx.Recordings(t, "name")[0]).Pictures(t), "something arrived")
	require.Empty(t, s.Readers())

	_, err = try(t, s, target(t, nginx.URL("nowhere"), "name"))
	require.ErrorContains(t, err, `"nowhere"`)
	nginx.Kill()
	_, err = try(t, s, target(t, nginx.URL("rec"), "name"))
	require.ErrorContains(t, err, "connect to 127.0.0.1:")
}

// What a server says while it is tried counts, not just how it began.
func TestTryHearsALateRefusal(t *testing.T) {
	clip, s := rtmptest.NewClip(t), newStream(t)
	clip.Play(t, s)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		nc, err := l.Accept()
		if err != nil {
			return
		}
		session, err := rtmp.Accept(context.Background(), nc, rtmp.Timeouts{})
		if err != nil {
			return
		}
		session.Start()
		session.ReadTag(5 * time.Second)
		session.Refuse("NetStream.Publish.Denied", "the key topsecret is not yours")
	}()
	said, err := try(t, s, target(t, "rtmp://"+l.Addr().String()+"/live", "topsecret"))
	<-served
	var refusal *rtmp.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, "NetStream.Publish.Denied: the key *** is not yours", said)
}

func TestTryOfAStreamThatEnds(t *testing.T) {
	s := newStream(t)
	s.Close()
	said, err := try(t, s, target(t, "rtmp://127.0.0.1:1/live", "name"))
	require.Empty(t, said)
	require.ErrorIs(t, err, errEmpty)
	require.NotErrorIs(t, err, io.EOF)
}
