package rtmp

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// playing accepts a player and hands the session to script once it has been told to begin.
func playing(t *testing.T, script func(*Session)) func(net.Conn) {
	return func(nc net.Conn) {
		s, err := Accept(context.Background(), nc, Timeouts{})
		if err != nil {
			t.Errorf("accept: %v", err)
			return
		}
		if err := s.Start(); err != nil {
			t.Errorf("start: %v", err)
		}
		script(s)
	}
}

func TestPlayerReadsWhatASessionWrites(t *testing.T) {
	tags := []Tag{
		{TagVideo, 0, bytes.Repeat([]byte{1}, 100_000)},
		{TagVideo, 40, []byte{2}},
		{TagVideo, 0x1000050, bytes.Repeat([]byte{3}, 300)},
	}
	requests := make(chan Request, 1)
	target := listen(t, playing(t, func(s *Session) {
		requests <- s.Request
		s.WriteMetadata(Metadata{Width: 320, Height: 180})
		for _, tag := range tags {
			s.WriteTag(tag)
		}
		s.Close()
	}))
	target.Name = "name?token=1"
	p, err := DialPlay(t.Context(), target, Options{})
	require.NoError(t, err)
	defer p.Close()
	require.Equal(t, Request{RequestPlay, "live", "name", "token=1"}, <-requests)
	require.Equal(t, "NetStream.Play.Start: Started playing name.", p.Said())
	for _, want := range tags {
		got, err := p.ReadTag(time.Second)
		require.NoError(t, err)
		require.Equal(t, want.Timestamp, got.Timestamp)
		require.True(t, bytes.Equal(want.Payload, got.Payload))
	}
	_, err = p.ReadTag(time.Second)
	require.ErrorIs(t, err, io.EOF, "the server tells the end")
}

// A server that sends media without a word has accepted, and none of it is lost.
func TestPlayerTakesMediaForAYes(t *testing.T) {
	target := listen(t, func(nc net.Conn) {
		s := serveUntil(t, nc, "play")
		s.WriteTag(Tag{TagAudio, 7, []byte{1, 2}})
		s.WriteTag(Tag{TagAudio, 9, []byte{3}})
		s.ReadTag(0)
		s.Cut()
		s.Close()
	})
	p, err := DialPlay(t.Context(), target, Options{})
	require.NoError(t, err)
	for _, want := range []Tag{{TagAudio, 7, []byte{1, 2}}, {TagAudio, 9, []byte{3}}} {
		got, err := p.ReadTag(time.Second)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	p.Close()
}

func TestDialPlayTellsWhatServersDo(t *testing.T) {
	for _, tc := range []struct {
		name   string
		script func(*testing.T, net.Conn)
		check  func(*testing.T, error)
	}{
		{"silent", func(_ *testing.T, nc net.Conn) { io.Copy(io.Discard, nc) }, failsWith(errSilent, "rtmp handshake")},
		{"closes on connect", closesOn("connect"), failsWith(errHungUp, `open application "live"`)},
		{"closes on play", closesOn("play"), failsWith(errHungUp, "play")},
		{"knows no such stream", func(t *testing.T, nc net.Conn) {
			serveUntil(t, nc, "play").Refuse("NetStream.Play.StreamNotFound", "stream not found")
		}, refuses("NetStream.Play.StreamNotFound", "stream not found")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			target := listen(t, func(nc net.Conn) { tc.script(t, nc) })
			p, err := DialPlay(t.Context(), target, Options{Timeouts: quick})
			require.Nil(t, p)
			tc.check(t, err)
		})
	}
}

func TestPlayerEnds(t *testing.T) {
	for _, tc := range []struct {
		name   string
		script func(*Session)
		check  func(*testing.T, error)
	}{
		{"refused later", func(s *Session) { s.Refuse("NetStream.Play.Failed", "time is up") }, refuses("NetStream.Play.Failed", "time is up")},
		{"server dies", func(s *Session) { s.Cut(); s.Close() }, failsWith(errHungUp, "")},
		{"server stalls", func(s *Session) { s.ReadTag(0); s.Close() }, failsWith(errSilent, "")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			up := make(chan struct{})
			p, err := DialPlay(t.Context(), listen(t, playing(t, func(s *Session) { <-up; tc.script(s) })), Options{})
			close(up)
			require.NoError(t, err)
			_, err = p.ReadTag(time.Second)
			tc.check(t, err)
			p.Close()
		})
	}
	t.Run("cut", func(t *testing.T) {
		p, err := DialPlay(t.Context(), listen(t, playing(t, func(s *Session) { s.ReadTag(0); s.Close() })), Options{})
		require.NoError(t, err)
		p.Cut()
		_, err = p.ReadTag(time.Minute)
		require.ErrorIs(t, err, ErrClosed)
		p.Close()
	})
}

// A publisher whose stream ends is told so.
func TestSessionTellsAPublisherOfTheEnd(t *testing.T) {
	target := listen(t, func(nc net.Conn) {
		s, err := Accept(context.Background(), nc, Timeouts{})
		if err == nil {
			s.Start()
			s.Close()
		}
	})
	p, err := Dial(t.Context(), target, Options{})
	require.NoError(t, err)
	<-p.Done()
	require.Equal(t, "NetStream.Unpublish.Success: name is no longer published.", p.Said())
	p.Close()
}
