package rtmp

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/yutopp/go-rtmp/handshake"
	gomessage "github.com/yutopp/go-rtmp/message"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick keeps tests of what never comes short, and lets come what does though the machine stands still for a while.
var quick = Timeouts{Connect: 3 * time.Second, Answer: 2 * time.Second, Publish: time.Second, Stall: time.Second, Close: time.Second}

// listen serves one connection with script and returns the target that leads there.
func listen(t *testing.T, script func(net.Conn)) Target {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return listenOn(t, l, script)
}

func listenOn(t *testing.T, l net.Listener, script func(net.Conn)) Target {
	t.Helper()
	var done sync.WaitGroup
	done.Go(func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		script(nc)
	})
	t.Cleanup(func() {
		l.Close()
		done.Wait()
	})
	return Target{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, App: "live", Name: "name"}
}

// serveUntil answers a client's commands up to one of them, and returns the connection after it.
func serveUntil(t *testing.T, nc net.Conn, last string) *Session {
	c, err := greet(nc, Timeouts{}.normal())
	if err != nil {
		t.Errorf("greet: %v", err)
		return nil
	}
	s := &Session{conn: c, timeouts: quick}
	for {
		m, err := c.read()
		if err != nil {
			t.Errorf("read: %v", err)
			return s
		}
		cmd := parseCommand(m)
		if cmd.name == last {
			s.stream, s.Request.Kind = m.stream, RequestKind(cmd.name)
			return s
		}
		if err := s.answer(m, cmd); err != nil {
			t.Errorf("answer: %v", err)
		}
	}
}

func TestDialTellsWhatServersDo(t *testing.T) {
	for _, tc := range []struct {
		name   string
		script func(*testing.T, net.Conn)
		check  func(*testing.T, error)
	}{
		{
			"silent", func(_ *testing.T, nc net.Conn) { io.Copy(io.Discard, nc) },
			func(t *testing.T, err error) {
				require.ErrorIs(t, err, errSilent)
				require.ErrorContains(t, err, "rtmp handshake with 127.0.0.1:")
			},
		},
		{"closes at once", func(*testing.T, net.Conn) {}, failsWith(errHungUp, "rtmp handshake")},
		{
			"closes in the handshake", func(_ *testing.T, nc net.Conn) { nc.Write(make([]byte, 100)); io.ReadFull(nc, make([]byte, 1537)) },
			failsWith(errHungUp, "rtmp handshake"),
		},
		{"closes on connect", closesOn("connect"), failsWith(errHungUp, `open application "live"`)},
		{"closes on createStream", closesOn("createStream"), failsWith(errHungUp, "create stream")},
		{"closes on publish", closesOn("publish"), failsWith(errHungUp, "publish")},
		{"silent after connect", staysSilentOn("connect"), failsWith(errSilent, `open application "live"`)},
		{"silent after createStream", staysSilentOn("createStream"), failsWith(errSilent, "create stream")},
		{"refuses the application", func(t *testing.T, nc net.Conn) {
			s := serveUntil(t, nc, "connect")
			s.conn.command(0, "_error", txConnect, &gomessage.NetStreamOnStatus{InfoObject: gomessage.NetStreamOnStatusInfoObject{
				Level: "error", Code: "NetConnection.Connect.Rejected", Description: "no such app",
			}})
			s.Close()
		}, refuses("NetConnection.Connect.Rejected", "no such app")},
		{"refuses the name", func(t *testing.T, nc net.Conn) {
			s := serveUntil(t, nc, "publish")
			s.Refuse("NetStream.Publish.BadName", "Already publishing")
		}, refuses("NetStream.Publish.BadName", "Already publishing")},
		{"sends garbage", func(t *testing.T, nc net.Conn) {
			handshake.HandshakeWithClient(nc, nc, &handshake.Config{SkipHandshakeVerification: true})
			nc.Write(bytes.Repeat([]byte{0xFF}, 4096))
			io.Copy(io.Discard, nc)
		}, func(t *testing.T, err error) { require.ErrorContains(t, err, "chunk stream") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			target := listen(t, func(nc net.Conn) { tc.script(t, nc) })
			began := time.Now()
			p, err := Dial(t.Context(), target, Options{Timeouts: quick})
			require.Nil(t, p)
			tc.check(t, err)
			require.Less(t, time.Since(began), Timeouts{}.normal().Answer)
		})
	}
}

func closesOn(command string) func(*testing.T, net.Conn) {
	return func(t *testing.T, nc net.Conn) { serveUntil(t, nc, command).Close() }
}

func staysSilentOn(command string) func(*testing.T, net.Conn) {
	return func(t *testing.T, nc net.Conn) {
		s := serveUntil(t, nc, command)
		io.Copy(io.Discard, nc)
		s.Close()
	}
}

func failsWith(want error, stage string) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		require.ErrorIs(t, err, want)
		require.ErrorContains(t, err, stage)
	}
}

func refuses(code, description string) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		var r *Refusal
		require.ErrorAs(t, err, &r)
		require.Equal(t, Refusal{Code: code, Description: description}, *r)
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	arrived := make(chan struct{})
	target := listen(t, func(nc net.Conn) {
		close(arrived)
		io.Copy(io.Discard, nc)
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	go func() {
		<-arrived
		cancel(gone)
	}()
	_, err := Dial(ctx, target, Options{})
	require.ErrorIs(t, err, gone)
}

// A server that says nothing about publish has accepted it.
func TestDialTakesSilenceOnPublishForAYes(t *testing.T) {
	target := listen(t, staysSilent(t))
	p, err := Dial(t.Context(), target, Options{Timeouts: quick})
	require.NoError(t, err)
	p.Close()
	require.ErrorIs(t, p.Err(), ErrClosed)
}

func staysSilent(t *testing.T) func(net.Conn) {
	return func(nc net.Conn) { staysSilentOn("publish")(t, nc) }
}

func TestPublisherAndSession(t *testing.T) {
	tags := []Tag{
		{TagVideo, 0, bytes.Repeat([]byte{1}, 50)},
		{TagAudio, 0, []byte{2}},
		{TagVideo, 40, bytes.Repeat([]byte{3}, 100_000)},
		{TagAudio, 42, bytes.Repeat([]byte{4}, 300)},
		{TagVideo, 0x1000050, bytes.Repeat([]byte{5}, 10)},
	}
	got := map[TagType][]Tag{} // a picture in several chunks may be overtaken by sound
	var request Request
	var end error
	served := make(chan struct{})
	target := listen(t, func(nc net.Conn) {
		defer close(served)
		s, err := Accept(context.Background(), nc, Timeouts{})
		if end = err; err != nil {
			return
		}
		defer s.Close()
		request = s.Request
		s.Start()
		for {
			tag, err := s.ReadTag(time.Second)
			if end = err; err != nil {
				return
			}
			got[tag.Type] = append(got[tag.Type], tag)
		}
	})
	target.Name = "name?token=1"
	p, err := Dial(t.Context(), target, Options{})
	require.NoError(t, err)
	require.NoError(t, p.WriteMetadata(Metadata{Width: 640, Height: 360}))
	for _, tag := range tags {
		require.NoError(t, p.WriteTag(tag))
	}
	require.NoError(t, p.Err())
	p.Close()
	<-served
	require.ErrorIs(t, end, io.EOF, "unpublished, not just cut")
	require.Equal(t, Request{RequestPublish, "live", "name", "token=1"}, request)
	for i, want := range []Tag{tags[0], tags[2], tags[4]} {
		require.True(t, bytes.Equal(want.Payload, got[TagVideo][i].Payload))
		require.Equal(t, want.Timestamp, got[TagVideo][i].Timestamp)
	}
	require.Len(t, got[TagVideo], 3)
	require.Equal(t, []Tag{tags[1], tags[3]}, got[TagAudio])
	require.Greater(t, p.BytesSent(), uint64(100_000))
	require.ErrorIs(t, p.WriteTag(tags[0]), ErrClosed)
}

func TestPublisherAnswersPings(t *testing.T) {
	pong := make(chan []byte, 1)
	target := listen(t, func(nc net.Conn) {
		s := serveUntil(t, nc, "publish")
		defer s.Close()
		s.Start()
		s.conn.write(chunkControl, 0, 0, &gomessage.UserCtrl{Event: &gomessage.UserCtrlEventPingRequest{Timestamp: 77}})
		for {
			m, err := s.conn.in.next()
			if err != nil {
				return
			}
			if m.kind == typeUserControl {
				pong <- m.payload
				return
			}
		}
	})
	p, err := Dial(t.Context(), target, Options{})
	require.NoError(t, err)
	payload := <-pong
	require.Equal(t, uint16(7), binary.BigEndian.Uint16(payload))
	require.Equal(t, uint32(77), binary.BigEndian.Uint32(payload[2:]))
	<-p.Done()
	require.ErrorIs(t, p.Err(), errHungUp)
	p.Close()
}

func TestPublisherCutsAStalledServer(t *testing.T) {
	release := make(chan struct{})
	target := listen(t, func(nc net.Conn) {
		s := serveUntil(t, nc, "publish")
		s.Start()
		<-release // reads no more
		s.Close()
	})
	defer close(release)
	p, err := Dial(t.Context(), target, Options{Timeouts: quick})
	require.NoError(t, err)
	began := time.Now()
	tag := Tag{Type: TagVideo, Payload: make([]byte, 100_000)}
	for err == nil {
		tag.Timestamp += 40
		err = p.WriteTag(tag)
		require.Less(t, time.Since(began), 5*time.Second)
	}
	require.ErrorIs(t, err, errStalled)
	<-p.Done()
	require.ErrorIs(t, p.Err(), errStalled)
	p.Close()
}

// sipping is a connection that is read so little at a time that no single write stalls.
type sipping struct{ net.Conn }

func (c sipping) Read(b []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return c.Conn.Read(b[:min(len(b), 256)])
}

func TestHurryEndsWhatIsWrittenToASlowServer(t *testing.T) {
	release := make(chan struct{})
	target := listen(t, func(nc net.Conn) {
		s := serveUntil(t, nc, "publish")
		s.Start()
		var reading sync.WaitGroup
		reading.Go(func() { _, _ = io.Copy(io.Discard, sipping{nc}) })
		<-release
		s.Close()
		reading.Wait()
	})
	defer close(release)
	p, err := Dial(t.Context(), target, Options{Timeouts: Timeouts{Stall: time.Hour, Drain: 10 * time.Millisecond}})
	require.NoError(t, err)
	written := make(chan error)
	go func() {
		tag := Tag{Type: TagVideo, Payload: make([]byte, 10<<20)}
		var err error
		for err == nil {
			tag.Timestamp += 40
			err = p.WriteTag(tag)
		}
		written <- err
	}()
	require.Eventually(t, func() bool { return p.BytesSent() > 0 }, 5*time.Second, time.Millisecond)
	p.Hurry()
	require.ErrorIs(t, <-written, errStalled)
	p.Close()
}

func TestPublisherHearsALateRefusal(t *testing.T) {
	target := listen(t, func(nc net.Conn) {
		s := serveUntil(t, nc, "publish")
		s.Start()
		s.Refuse("NetStream.Publish.Denied", "time is up")
	})
	p, err := Dial(t.Context(), target, Options{})
	require.NoError(t, err)
	<-p.Done()
	refuses("NetStream.Publish.Denied", "time is up")(t, p.Err())
	p.Close()
}

func TestDialVerifiesTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil) // lends its certificate
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	serve := func(t *testing.T) Target {
		l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: web.TLS.Certificates})
		require.NoError(t, err)
		target := listenOn(t, l, func(nc net.Conn) {
			s, err := Accept(context.Background(), nc, quick)
			if err == nil {
				s.Start()
				s.ReadTag(0)
				s.Close()
			}
		})
		target.Secure = true
		return target
	}
	t.Run("own CA", func(t *testing.T) {
		p, err := Dial(t.Context(), serve(t), Options{TLS: &tls.Config{RootCAs: roots}})
		require.NoError(t, err)
		require.NoError(t, p.WriteTag(Tag{Type: TagAudio, Payload: []byte{1}}))
		p.Close()
	})
	t.Run("player", func(t *testing.T) {
		p, err := DialPlay(t.Context(), serve(t), Options{TLS: &tls.Config{RootCAs: roots}})
		require.NoError(t, err)
		require.Equal(t, "NetStream.Play.Start: Started playing name.", p.Said())
		p.Close()
	})
	t.Run("unknown CA", func(t *testing.T) {
		_, err := Dial(t.Context(), serve(t), Options{})
		require.ErrorAs(t, err, new(*tls.CertificateVerificationError))
	})
}
