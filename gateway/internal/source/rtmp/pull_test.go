package rtmp

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
	"callcast/gateway/internal/rtmp/rtmptest"
	"callcast/gateway/internal/stream"
)

// pulled is a pull under test with the states it went through.
type pulled struct {
	*Pull
	stop func() error

	mu     sync.Mutex
	states []PullState
}

func source(t *testing.T, uri string) rtmp.Target {
	t.Helper()
	target, err := rtmp.ParseURI(uri)
	require.Nil(t, err)
	return target
}

// start runs a pull that ends with the test.
func start(t *testing.T, s *stream.Stream, from rtmp.Target) *pulled {
	t.Helper()
	p := &pulled{}
	p.Pull = NewPull(PullParams{Stream: s, Target: from, Log: slog.New(slog.DiscardHandler), OnChange: func(s PullState) {
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

func (p *pulled) waitFor(t *testing.T, status gateway.PullStatus) {
	t.Helper()
	require.Eventually(t, func() bool { return p.State().Status == status }, 10*time.Second, time.Millisecond, "never became %s", status)
}

func (p *pulled) statuses() (all []gateway.PullStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.states {
		all = append(all, s.Status)
	}
	return all
}

// serve accepts players one after another and hands each to the next script.
func serve(t *testing.T, scripts ...func(*rtmp.Session)) (uri string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var done sync.WaitGroup
	done.Go(func() {
		for _, script := range scripts {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			s, err := rtmp.Accept(context.Background(), nc, rtmp.Timeouts{})
			if err != nil {
				t.Errorf("accept: %v", err)
				return
			}
			script(s)
			s.Close()
		}
	})
	t.Cleanup(func() {
		l.Close()
		done.Wait()
	})
	return "rtmp://" + l.Addr().String() + "/live/name"
}

// send starts a session, sends the headers and a key picture and a frame of sound with each number, and waits for the
// end that the number of units read marks.
func send(t *testing.T, s *rtmp.Session, first uint32, numbers ...byte) {
	s.Start()
	for _, tag := range headers(t) {
		s.WriteTag(tag)
	}
	for i, n := range numbers {
		at := first + uint32(40*i)
		s.WriteTag(video(at, append([]byte{0x17, 1, 0, 0, 0}, nals([]byte{0x65, n})...)...))
		s.WriteTag(audio(at+10, 0xAF, 1, n))
	}
}

func next(t *testing.T, r *stream.Reader) *media.Unit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	u, err := r.Next(ctx)
	require.NoError(t, err)
	return u
}

// The server dies, refuses, and is back with timestamps of its own; the stream's timeline goes on.
func TestPullGoesOn(t *testing.T) {
	s := newStream(t)
	r := s.Attach(everything())
	defer r.Close()
	heard := make(chan struct{})
	uri := serve(t,
		func(s *rtmp.Session) {
			send(t, s, 70_000, 1, 2)
			<-heard
			s.Cut()
		},
		func(s *rtmp.Session) { s.Refuse("NetStream.Play.StreamNotFound", "stream not found") },
		func(s *rtmp.Session) {
			send(t, s, 0, 3)
			s.ReadTag(0)
		})
	p := start(t, s, source(t, uri))
	var times []time.Duration
	for i, want := range []byte{1, 1, 2, 2, 3, 3} {
		if i == 4 {
			close(heard)
		}
		u := next(t, r)
		require.Equal(t, want, u.Payload[len(u.Payload)-1])
		require.Equal(t, i == 4, u.Gap && u.Kind() == media.Video, "the connection's first picture goes on from nothing")
		times = append(times, u.DTS)
	}
	const ms = time.Millisecond
	require.Equal(t, []time.Duration{0, 10 * ms, 40 * ms, 50 * ms}, times[:4])
	require.Greater(t, times[4], times[3])
	require.Equal(t, 10*ms, times[5]-times[4])
	require.ErrorIs(t, p.stop(), context.Canceled)
	require.Equal(t, []gateway.PullStatus{
		gateway.PullConnected, gateway.PullRunning, gateway.PullPending, gateway.PullFailed, gateway.PullConnected, gateway.PullRunning,
	}, p.statuses())
	require.Contains(t, p.states[2].Problem, "closed the connection")
	require.Contains(t, p.states[3].Problem, "NetStream.Play.StreamNotFound: stream not found")
}

func TestPullTellsWhatIsWrong(t *testing.T) {
	for name, tc := range map[string]struct {
		script func(*rtmp.Session)
		status gateway.PullStatus
		want   string
	}{
		"not published any more": {func(s *rtmp.Session) { s.Start() }, gateway.PullPending, "no longer published"},
		"codec": {func(s *rtmp.Session) {
			s.Start()
			s.WriteTag(video(0, 0x12, 1, 0, 0, 0))
			s.ReadTag(0)
		}, gateway.PullFailed, "this video codec cannot be taken"},
		"the key is not repeated": {func(s *rtmp.Session) { s.Refuse("NetStream.Play.Failed", "no name here") }, gateway.PullFailed, "no *** here"},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, newStream(t), source(t, serve(t, tc.script)))
			require.Eventually(t, func() bool {
				p.mu.Lock()
				defer p.mu.Unlock()
				for _, s := range p.states {
					if s.Problem != "" {
						require.Equal(t, tc.status, s.Status)
						require.Contains(t, s.Problem, tc.want)
						return true
					}
				}
				return false
			}, 20*time.Second, time.Millisecond)
		})
	}
}

func TestPullEndsWithItsStream(t *testing.T) {
	for name, script := range map[string]func(*rtmp.Session){
		"while connected": func(s *rtmp.Session) { s.Start(); s.ReadTag(0) },
		"while waiting":   func(s *rtmp.Session) { s.Refuse("NetStream.Play.Failed", "") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStream(t)
			changed := make(chan PullState, 10)
			p := NewPull(PullParams{
				Stream: s, Target: source(t, serve(t, script)), Log: slog.New(slog.DiscardHandler),
				OnChange: func(s PullState) { changed <- s },
			})
			ended := make(chan error)
			go func() { ended <- p.Run(t.Context()) }()
			<-changed
			s.Close()
			require.NoError(t, <-ended)
		})
	}
}

// A real server relays a real encoder's pictures, reordered, and sound.
func TestPullFromNginx(t *testing.T) {
	nginx, s := rtmptest.NewNginx(t), newStream(t)
	r := s.Attach(everything())
	defer r.Close()
	uri := nginx.URL("live") + "/name"
	p := start(t, s, source(t, uri))
	p.waitFor(t, gateway.PullConnected)
	rtmptest.Publish(t, uri, "-preset", "veryfast", "-bf", "2", "-profile:v", "main")
	var last [media.Kinds]time.Duration
	seen, pictures := [media.Kinds]bool{}, 0
	for pictures < 2*rtmptest.FPS {
		u := next(t, r)
		if seen[u.Kind()] {
			require.Greater(t, u.DTS, last[u.Kind()])
		}
		seen[u.Kind()], last[u.Kind()] = true, u.DTS
		if u.Kind() == media.Video {
			require.True(t, pictures > 0 || u.Key)
			require.True(t, u.Format.Reorders, "from the first picture on")
			require.Equal(t, rtmptest.Width, u.Format.Width)
			pictures++
		} else {
			require.Equal(t, 48000, u.Format.SampleRate)
		}
	}
	require.True(t, seen[media.Audio])
	require.InDelta(t, last[media.Video].Seconds(), last[media.Audio].Seconds(), 1)
	require.Equal(t, gateway.PullRunning, p.State().Status)
	nginx.Kill()
	p.waitFor(t, gateway.PullPending)
	require.Contains(t, p.State().Problem, "closed the connection")
	require.ErrorIs(t, p.stop(), context.Canceled)
}
