package websdk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"callcast/gateway"
)

const (
	maxID    = 128      // characters of a mediaSessionId
	maxOffer = 64 << 10 // bytes of SDP
)

var errNoID = errors.New("MediaSessionId is null")

// streamStatus is the data of notifyStreamStatusEvent. Clients need the id and the status.
type streamStatus struct {
	ID        string              `json:"mediaSessionId"`
	Name      string              `json:"name"`
	Published bool                `json:"published"`
	HasAudio  bool                `json:"hasAudio"`
	HasVideo  bool                `json:"hasVideo"`
	Status    gateway.MediaStatus `json:"status"`
	Info      gateway.MediaInfo   `json:"info,omitempty"`
	Provider  string              `json:"mediaProvider"`
}

// streamEvent is the data of notifyStreamEvent.
type streamEvent struct {
	ID      string `json:"mediaSessionId"`
	Type    string `json:"type"`
	Payload any    `json:"payload,omitempty"`
}

type pictureSize struct {
	Width  int `json:"streamerVideoWidth"`
	Height int `json:"streamerVideoHeight"`
}

const webRTC = "WebRTC"

// tellStatus tells the browser a status of its media session.
func (m *media) tellStatus(s gateway.MediaSession) {
	m.owner.send("notifyStreamStatusEvent", streamStatus{
		ID: m.id, Name: m.stream, Published: m.published, HasAudio: s.HasAudio, HasVideo: s.HasVideo,
		Status: s.Status, Info: s.Info, Provider: webRTC,
	})
}

// ask lets the gateway answer an offer.
type ask func(ctx context.Context, m *media, offer string) (gateway.MediaAnswer, error)

func (k *socket) play(ctx context.Context, f fields) error {
	return k.startSession(ctx, f, false, func(ctx context.Context, m *media, offer string) (gateway.MediaAnswer, error) {
		return k.server.api.Play(ctx, gateway.PlaySpec{ID: m.id, Stream: m.stream, Offer: offer})
	})
}

func (k *socket) publish(ctx context.Context, f fields) error {
	return k.startSession(ctx, f, true, func(ctx context.Context, m *media, offer string) (gateway.MediaAnswer, error) {
		return k.server.api.Publish(ctx, gateway.PublishSpec{ID: m.id, Stream: m.stream, Offer: offer})
	})
}

// startSession asks for a media session. Whatever becomes of it, the browser is told one status at least, because
// pages wait for it.
func (k *socket) startSession(ctx context.Context, f fields, published bool, ask ask) error {
	m := &media{id: f.text("mediaSessionId"), stream: f.text("name"), published: published, owner: k, asked: time.Now()}
	if m.id == "" {
		return errNoID
	}
	if len(m.id) > maxID {
		return fmt.Errorf("mediaSessionId is longer than %d characters", maxID)
	}
	holder, room := k.server.registry.reserve(m)
	switch {
	case holder != nil && holder.owner == k:
		// A status would end the media session that has the id in this very browser.
		return errors.New(string(gateway.InfoIDInUse))
	case holder != nil:
		m.tellStatus(gateway.MediaSession{Status: gateway.MediaFailed, Info: gateway.InfoIDInUse})
		return nil
	case !room:
		k.server.log.Warn("browser asks for too many media sessions", slog.String("remote", k.remote()))
		m.tellStatus(gateway.MediaSession{Status: gateway.MediaFailed, Info: gateway.InfoError})
		return nil
	}
	if provider := f.text("mediaProvider"); provider != "" && provider != webRTC {
		k.server.registry.refuse(m, gateway.InfoNoCodecs)
		return nil
	}
	k.offerSession(ctx, m, f.text("sdp"), ask)
	return nil
}

func (k *socket) offerSession(ctx context.Context, m *media, offer string, ask ask) {
	ctx, done := context.WithTimeout(ctx, k.server.limits.request)
	defer done()
	if len(offer) > maxOffer {
		k.server.refused.Add(1)
		k.server.registry.refuse(m, gateway.InfoError)
		return
	}
	answer, err := ask(ctx, m, offer)
	if err != nil {
		k.server.log.Info("browser refused", slog.String("id", m.id), slog.String("stream", m.stream),
			slog.Bool("published", m.published), slog.Any("error", err))
		k.server.registry.refuse(m, infoOf(err))
		return
	}
	k.server.registry.answer(m, answer.Answer)
}

// infoOf puts a refusal into the words that pages know.
func infoOf(err error) gateway.MediaInfo {
	e, ok := errors.AsType[*gateway.Error](err)
	if !ok {
		return gateway.InfoError
	}
	switch e.Reason {
	case gateway.ReasonStreamMissing:
		return gateway.InfoNotFound
	case gateway.ReasonStreamInUse:
		return gateway.InfoNameInUse
	case gateway.ReasonNoCodec:
		return gateway.InfoNoCodecs
	case gateway.ReasonSessionExists:
		return gateway.InfoIDInUse
	default:
		return gateway.InfoError
	}
}

// endSession serves stopStream and unPublishStream. What the socket has not started, or what has ended, it cannot end.
// The status follows from the gateway's event, except for a session that the gateway knows no more.
func (k *socket) endSession(ctx context.Context, f fields) error {
	id := f.text("mediaSessionId")
	if !k.server.registry.owns(k, id) {
		return nil
	}
	ctx, done := context.WithTimeout(ctx, k.server.limits.request)
	defer done()
	if err := k.server.api.EndMediaSession(ctx, id, gateway.InfoByUser); err != nil {
		k.server.log.Info("media session had ended", slog.String("id", id), slog.Any("error", err))
		k.server.registry.lost(k, id)
	}
	return nil
}

// endSessions ends what the socket has started, because it is gone.
func (k *socket) endSessions(ctx context.Context) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), k.server.limits.request)
	defer done()
	for _, id := range k.server.registry.forget(k) {
		if err := k.server.api.EndMediaSession(ctx, id, gateway.InfoByDisconnect); err != nil {
			k.server.log.Debug("media session had ended", slog.String("id", id), slog.Any("error", err))
		}
	}
}
