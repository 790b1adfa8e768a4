package engine

import (
	"context"

	"callcast/gateway"
	"callcast/gateway/internal/rtc"
	sourcewebrtc "callcast/gateway/internal/source/webrtc"
)

// Publish makes what a browser sends a stream.
func (e *Engine) Publish(ctx context.Context, spec gateway.PublishSpec) (gateway.MediaAnswer, error) {
	if err := checkName("streamName", spec.Stream); err != nil {
		return gateway.MediaAnswer{}, err
	}
	s, port, err := e.sessions.admit(gateway.MediaSession{ID: spec.ID, Stream: spec.Stream, Published: true})
	if err != nil {
		return gateway.MediaAnswer{}, err
	}
	room, err := e.streams.open(spec.Stream, origin{
		id: s.state.ID, source: gateway.SourceWebRTC, field: "streamName",
		end: func() { s.stop(ending{gateway.InfoByREST}) },
	})
	if err != nil {
		e.sessions.abandon(s)
		return gateway.MediaAnswer{}, err
	}
	peer, answer, err := port.Receive(ctx, spec.Offer)
	if err != nil {
		e.streams.close(room)
		e.sessions.abandon(s)
		e.sessions.refused.Add(1)
		return gateway.MediaAnswer{}, offerError(err)
	}
	publisher := sourcewebrtc.New(sourcewebrtc.Params{
		ID: s.state.ID, Stream: room.stream, Peer: peer, ConnectTime: rtc.ConnectTime, OnConnected: s.connected, Log: e.log,
	})
	s.carry(peer, func(m *gateway.MediaSession) {
		audio, video := publisher.Stats()
		m.Bytes, m.Width, m.Height = audio.Bytes+video.Bytes, video.Width, video.Height
		m.Viewer.Remote = video.Remote
	})
	room.measure(publisher.Stats)
	go e.sessions.run(s, func(ctx context.Context) error {
		defer e.streams.close(room)
		return publisher.Run(ctx)
	})
	return gateway.MediaAnswer{ID: s.state.ID, Answer: answer}, nil
}
