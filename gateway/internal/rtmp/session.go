package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/yutopp/go-amf0"
	"github.com/yutopp/go-rtmp/handshake"
	gomessage "github.com/yutopp/go-rtmp/message"
)

// RequestKind is what a client came for.
type RequestKind string

// The kinds of requests.
const (
	RequestPublish RequestKind = "publish"
	RequestPlay    RequestKind = "play"
)

// Request is what a client asks of the server.
type Request struct {
	Kind  RequestKind
	App   string // without query
	Name  string // without query
	Query string // of the name, else of the application
}

// Session is a client of ours that asked to publish or to play. One goroutine reads and one writes.
type Session struct {
	Request Request

	conn     *conn
	stream   uint32
	timeouts Timeouts
}

// Accept speaks with a client until it publishes or plays, for at most Timeouts.Answer. It owns nc from now on; ctx
// ends the wait, not the session.
func Accept(ctx context.Context, nc net.Conn, timeouts Timeouts) (*Session, error) {
	timeouts = timeouts.normal()
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	defer stop()
	c, err := greet(nc, timeouts)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("rtmp handshake: %w", cause(ctx, plain(err)))
	}
	s := &Session{conn: c, timeouts: timeouts}
	if err := s.negotiate(); err != nil {
		c.close()
		return nil, cause(ctx, err)
	}
	if err := nc.SetReadDeadline(time.Time{}); err != nil {
		c.close()
		return nil, err
	}
	return s, nil
}

// rtmpVersion is the first byte of every RTMP connection (5.2.2).
const rtmpVersion = 3

// greet does the server's side of the handshake.
func greet(nc net.Conn, timeouts Timeouts) (*conn, error) {
	if err := nc.SetDeadline(time.Now().Add(timeouts.Answer)); err != nil {
		return nil, err
	}
	first := []byte{0}
	if _, err := io.ReadFull(nc, first); err != nil {
		return nil, err
	}
	if first[0] != rtmpVersion {
		return nil, errNotRTMP
	}
	heard := io.MultiReader(strings.NewReader(string(first)), nc)
	if err := handshake.HandshakeWithClient(heard, nc, &handshake.Config{SkipHandshakeVerification: true}); err != nil {
		return nil, err
	}
	return newConn(nc, timeouts.Stall), nil
}

// negotiate answers commands until one of them is the request.
func (s *Session) negotiate() error {
	for {
		m, err := s.conn.read()
		if err != nil {
			return err
		}
		if err := s.answer(m, parseCommand(m)); err != nil {
			return err
		}
		if s.Request.Kind == "" {
			continue
		}
		if s.Request.Name == "" {
			s.Refuse("NetStream.Failed", "no stream name given")
			return errUnwelcome
		}
		return nil
	}
}

// answer handles one command before the request; what it does not know needs no answer.
func (s *Session) answer(m message, cmd command) error {
	switch cmd.name {
	case "connect":
		app, _ := cmd.object(0)["app"].(string)
		s.Request.App, s.Request.Query, _ = strings.Cut(strings.Trim(app, "/"), "?")
		s.Request.App = strings.Trim(s.Request.App, "/")
		return s.welcome(int64(cmd.transaction))
	case "createStream":
		s.stream++
		return s.conn.command(0, "_result", int64(cmd.transaction), &gomessage.NetConnectionCreateStreamResult{StreamID: s.stream})
	case "publish", "play":
		s.stream = m.stream
		name, query, _ := strings.Cut(cmd.text(1), "?")
		s.Request.Kind, s.Request.Name = RequestKind(cmd.name), name
		if query != "" {
			s.Request.Query = query
		}
	}
	return nil
}

// ackWindow is how often a client is to acknowledge what it got, and the bandwidth it is told it has.
const ackWindow = 2_500_000

// welcome answers connect.
func (s *Session) welcome(transaction int64) error {
	c := s.conn
	return errors.Join(
		c.announce(),
		c.write(chunkControl, 0, 0, &gomessage.WinAckSize{Size: ackWindow}),
		c.write(chunkControl, 0, 0, &gomessage.SetPeerBandwidth{Size: ackWindow, Limit: gomessage.LimitTypeDynamic}),
		c.command(0, "_result", transaction, &gomessage.NetConnectionConnectResult{
			Properties: gomessage.NetConnectionConnectResultProperties{FMSVer: "FMS/3,0,1,123", Capabilities: 31, Mode: 1},
			Information: gomessage.NetConnectionConnectResultInformation{
				Level: "status", Code: gomessage.NetConnectionConnectCodeSuccess,
				Description: "Connection succeeded.", Data: amf0.ECMAArray{},
			},
		}))
}

// Start tells the client that it may begin.
func (s *Session) Start() error {
	begin := &gomessage.UserCtrl{Event: &gomessage.UserCtrlEventStreamBegin{StreamID: s.stream}}
	if err := s.conn.write(chunkControl, 0, 0, begin); err != nil {
		return err
	}
	if s.Request.Kind == RequestPublish {
		return s.notify("status", "NetStream.Publish.Start", s.Request.Name+" is now published.")
	}
	return errors.Join(
		s.notify("status", "NetStream.Play.Reset", "Playing and resetting "+s.Request.Name+"."),
		s.notify("status", "NetStream.Play.Start", "Started playing "+s.Request.Name+"."))
}

// Refuse tells the client why it may not, and closes the session.
func (s *Session) Refuse(code, description string) {
	s.conn.finish(s.timeouts.Close, func() error { return s.notify("error", code, description) })
}

func (s *Session) notify(level, code, description string) error {
	return s.conn.command(s.stream, "onStatus", 0, &gomessage.NetStreamOnStatus{
		InfoObject: gomessage.NetStreamOnStatusInfoObject{
			Level: gomessage.NetStreamOnStatusLevel(level), Code: gomessage.NetStreamOnStatusCode(code), Description: description,
		},
	})
}

// ReadTag waits for the next tag of a client, for at most idle if that is not zero. It returns io.EOF when the client
// says that it is done. A player sends no tags: reading only tells when it leaves.
func (s *Session) ReadTag(idle time.Duration) (Tag, error) {
	return s.conn.readTag(idle, func(m message) error {
		switch parseCommand(m).name {
		case "deleteStream", "closeStream", "FCUnpublish":
			return io.EOF
		}
		return nil
	})
}

// WriteTag sends a tag to a player. An error is final.
func (s *Session) WriteTag(t Tag) error { return s.conn.tag(s.stream, t) }

// WriteMetadata tells a player what it gets. It may be told again.
func (s *Session) WriteMetadata(m Metadata) error {
	return s.conn.data(s.stream, "onMetaData", m.array())
}

// Hurry gives what is left to be written Timeouts.Drain: a player that takes little at a time never stalls a single write.
// Close follows.
func (s *Session) Hurry() { s.conn.hurry(s.timeouts.Drain) }

// Cut ends the session at once, from any goroutine. Close follows.
func (s *Session) Cut() { _ = s.conn.fail(ErrClosed) }

// Close tells the client that the stream is over, sends what is written and closes. For a player the goroutine that
// writes calls it, for a publisher any may. It does not wait for one in ReadTag, which then returns.
func (s *Session) Close() {
	s.conn.finish(s.timeouts.Close, func() error {
		over := s.Request.Name + " is no longer published."
		if s.Request.Kind == RequestPublish {
			return s.notify("status", "NetStream.Unpublish.Success", over)
		}
		return errors.Join(
			s.conn.write(chunkControl, 0, 0, &gomessage.UserCtrl{Event: &gomessage.UserCtrlEventStreamEOF{StreamID: s.stream}}),
			s.notify("status", "NetStream.Play.UnpublishNotify", over))
	})
}
