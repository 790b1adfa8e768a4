package engine

import (
	"context"

	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc"
	"callcast/gateway/internal/sink/webrtc"
)

// Play lets a browser watch a stream.
func (e *Engine) Play(ctx context.Context, spec gateway.PlaySpec) (gateway.MediaAnswer, error) {
	room, err := e.streams.find(spec.Stream)
	if err != nil {
		return gateway.MediaAnswer{}, err
	}
	s, port, err := e.sessions.admit(gateway.MediaSession{ID: spec.ID, Stream: spec.Stream})
	if err != nil {
		return gateway.MediaAnswer{}, err
	}
	peer, answer, err := port.Answer(ctx, spec.Offer, room.codecs(), room.stream.Name())
	if err != nil {
		e.sessions.abandon(s)
		e.sessions.refused.Add(1)
		return gateway.MediaAnswer{}, offerError(err)
	}
	viewer := webrtc.New(webrtc.Params{
		ID: s.state.ID, Stream: room.stream, Peer: peer, ConnectTime: rtc.ConnectTime, OnConnected: s.connected, Log: e.log,
	})
	s.carry(peer, func(m *gateway.MediaSession) {
		sink := viewer.Sink()
		m.Bytes, m.Viewer = sink.Bytes, sink.Viewer
		if _, video := room.stream.Stats(); m.HasVideo && video.Format != nil {
			m.Width, m.Height = video.Format.Width, video.Format.Height
		}
	})
	unlist := room.list(viewer.Sink)
	go e.sessions.run(s, func(ctx context.Context) error {
		defer unlist()
		return viewer.Run(ctx)
	})
	return gateway.MediaAnswer{ID: s.state.ID, Answer: answer}, nil
}

// carry notes what was agreed on, and where the figures come from.
func (s *session) carry(p *rtc.Peer, count func(*gateway.MediaSession)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.HasAudio, s.state.HasVideo = p.Has(media.Audio), p.Has(media.Video)
	s.count = count
}

// codecs is what the stream's source sends, each empty if nothing of the kind has arrived yet.
func (r *streamRoom) codecs() (codecs [media.Kinds]media.Codec) {
	audio, video := r.stream.Stats()
	if audio.Format != nil {
		codecs[media.Audio] = audio.Format.Codec
	}
	if video.Format != nil {
		codecs[media.Video] = video.Format.Codec
	}
	return codecs
}

// startWebRTC opens the port for browsers.
func (e *Engine) startWebRTC() {
	c := e.config.WebRTC
	listener := gateway.Listener{Name: "webrtc", Setting: "webrtc_port", Address: c.Address()}
	endpoint, err := rtc.Listen(e.life, rtc.Params{
		Host: c.Host, Port: c.Port, PublicIP: e.config.SIP.PublicIP,
		STUN: c.STUN, TURN: c.TURN, TURNUser: c.TURNUser, TURNPassword: c.TURNPassword, Log: e.log,
	})
	if err != nil {
		listener.Err = ListenError("webrtc", c.Address(), err)
		listener.Setting = listener.Err.Field
		e.log.Error("WebRTC port", "err", err)
	} else {
		listener.Address = endpoint.Addr().String()
		e.sessions.serve(endpoint)
	}
	e.AddListener(listener, func() uint64 {
		refused := e.sessions.refused.Load()
		if err == nil {
			refused += endpoint.Garbage()
		}
		return refused
	})
}
