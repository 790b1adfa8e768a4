package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"

	"callcast/gateway/internal/rtmp"
	rtmpsink "callcast/gateway/internal/sink/rtmp"
	rtmpsource "callcast/gateway/internal/source/rtmp"
)

// serve runs one connection to its end. A fault in it ends it alone.
func (s *Server) serve(nc net.Conn) {
	remote := addrPort(nc.RemoteAddr())
	log := s.params.Log.With("remote", remote)
	defer nc.Close()
	defer func() {
		if p := recover(); p != nil {
			log.Error("rtmp connection failed", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	session, err := rtmp.Accept(s.ctx, nc, s.params.Limits.Timeouts)
	if err != nil {
		if s.ctx.Err() == nil {
			s.garbage.Add(1)
			log.Debug("rtmp connection asked for nothing", "err", err)
		}
		return
	}
	defer session.Close()
	log = log.With("app", session.Request.App, "request", session.Request.Kind)
	if session.Request.Kind == rtmp.RequestPublish {
		err = s.publish(session, remote, log)
	} else {
		err = s.play(session, remote, log)
	}
	log.Info("rtmp connection over", "reason", err)
}

// publish makes a publisher a stream.
func (s *Server) publish(session *rtmp.Session, remote netip.AddrPort, log *slog.Logger) error {
	target, release, err := s.params.Hub.Publish(session.Request.App, session.Request.Name, remote)
	if err != nil {
		s.refused.Add(1)
		session.Refuse("NetStream.Publish.BadName", err.Error())
		return err
	}
	defer release()
	s.publishers.Add(1)
	log.Info("rtmp publisher", "stream", target.Name())
	defer context.AfterFunc(s.ctx, session.Cut)()
	if err := session.Start(); err != nil {
		return err
	}
	read := func() (rtmp.Tag, error) { return session.ReadTag(s.params.Limits.Idle) }
	err = rtmpsource.Ingest(read, session.Close, target, log.With("stream", target.Name()))
	if err != nil {
		session.Refuse("NetStream.Publish.Failed", err.Error()) // says nothing if the connection is what failed
	}
	return err
}

// play feeds a player until the stream ends or the player leaves.
func (s *Server) play(session *rtmp.Session, remote netip.AddrPort, log *slog.Logger) error {
	source, err := s.params.Hub.Play(session.Request.App, session.Request.Name)
	if err != nil {
		s.refused.Add(1)
		session.Refuse("NetStream.Play.StreamNotFound", err.Error())
		return err
	}
	s.players.Add(1)
	log.Info("rtmp player", "stream", source.Name())
	if err := session.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(s.ctx)
	var left sync.WaitGroup
	left.Go(func() { cancel(listen(session)) })
	left.Go(func() {
		select {
		case <-source.Done():
		case <-ctx.Done():
		}
		session.Hurry()
	})
	err = rtmpsink.Play(ctx, source, remote.String(), session)
	if err == nil {
		err = errStreamOver
	}
	session.Close() // also ends listen
	cancel(nil)
	left.Wait()
	return err
}

var errStreamOver = errors.New("stream over")

// listen hears a player out until it leaves.
func listen(session *rtmp.Session) error {
	for {
		if _, err := session.ReadTag(0); err != nil {
			return err
		}
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort()
	}
	return netip.AddrPort{}
}
