package engine

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc/rtctest"
)

// history collects what is told of media sessions, in order.
func history(t *testing.T, e *Engine) func(id string) []gateway.MediaSession {
	t.Helper()
	sub := e.Subscribe()
	t.Cleanup(sub.Close)
	seen := map[string][]gateway.MediaSession{}
	return func(id string) []gateway.MediaSession {
		for {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			events, err := sub.Next(ctx)
			cancel()
			if err != nil {
				return seen[id]
			}
			for _, ev := range events {
				if ev.Session != nil {
					seen[ev.ID] = append(seen[ev.ID], *ev.Session)
				}
			}
		}
	}
}

// camera publishes sound and goes on sending it until the test ends.
func camera(t *testing.T, e *Engine, id, name string) *rtctest.Camera {
	t.Helper()
	c := rtctest.NewCamera(t, rtctest.CameraParams{Audio: media.PCMA})
	answer, err := e.Publish(t.Context(), gateway.PublishSpec{ID: id, Stream: name, Offer: c.Offer(t)})
	require.NoError(t, err)
	require.Equal(t, id, answer.ID)
	c.Accept(t, answer.Answer)
	ctx, stop := context.WithCancel(t.Context())
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for n := uint16(0); ; n++ {
			select {
			case <-ticker.C:
				c.Send(t, media.Audio, &rtp.Packet{
					Header:  rtp.Header{Version: 2, PayloadType: 8, SequenceNumber: n, Timestamp: uint32(n) * 160},
					Payload: make([]byte, 160),
				})
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-sent
	})
	return c
}

func last(sessions []gateway.MediaSession) gateway.MediaSession {
	if len(sessions) == 0 {
		return gateway.MediaSession{}
	}
	return sessions[len(sessions)-1]
}

// over waits for the end of a media session.
func over(t *testing.T, told func(string) []gateway.MediaSession, id string) gateway.MediaSession {
	t.Helper()
	require.Eventually(t, func() bool { return last(told(id)).Status.Ended() }, patience, 10*time.Millisecond, "%s goes on", id)
	return last(told(id))
}

func TestPublishedBrowserIsAStream(t *testing.T) {
	e := start(t, loopback())
	told := history(t, e)
	camera(t, e, "mine", "cam")
	require.Eventually(t, func() bool { return last(told("mine")).Status == gateway.MediaPublishing }, patience, 10*time.Millisecond)
	require.Eventually(t, func() bool {
		streams := e.Snapshot().Streams
		return len(streams) == 1 && streams[0].ID == "mine" && streams[0].Source == gateway.SourceWebRTC && streams[0].Audio.Codec == "PCMA" && streams[0].Live
	}, patience, 10*time.Millisecond)

	_, err := e.Publish(t.Context(), gateway.PublishSpec{ID: "other", Stream: "cam", Offer: "v=0"})
	requireRefusal(t, err, gateway.CodeConflict, gateway.ReasonStreamInUse)
	_, err = e.Publish(t.Context(), gateway.PublishSpec{ID: "mine", Stream: "cam2", Offer: "v=0"})
	requireRefusal(t, err, gateway.CodeConflict, gateway.ReasonSessionExists)
	_, err = e.Publish(t.Context(), gateway.PublishSpec{ID: "third", Stream: "cam3", Offer: "v=0"})
	requireRefusal(t, err, gateway.CodeInvalid, gateway.ReasonSDP)
	require.Len(t, e.Snapshot().Streams, 1, "what is refused leaves no stream")
	require.Empty(t, told("third"), "and no session")

	viewer := rtctest.New(t, rtctest.Params{Audio: true})
	answer, err := e.Play(t.Context(), gateway.PlaySpec{ID: "watch", Stream: "cam", Offer: viewer.Offer(t)})
	require.NoError(t, err)
	viewer.Accept(t, answer.Answer)
	require.Eventually(t, func() bool { return last(told("watch")).Status == gateway.MediaPlaying }, patience, 10*time.Millisecond)

	require.NoError(t, e.EndMediaSession(t.Context(), "mine", gateway.InfoByUser))
	require.Eventually(t, func() bool { return len(e.Snapshot().MediaSessions) == 0 && len(e.Snapshot().Streams) == 0 }, patience, 10*time.Millisecond)
	mine, watch := over(t, told, "mine"), over(t, told, "watch")
	require.Equal(t, gateway.MediaUnpublished, mine.Status)
	require.Equal(t, gateway.InfoByUser, mine.Info)
	require.Equal(t, gateway.MediaStopped, watch.Status)
	require.Equal(t, gateway.InfoByPublisher, watch.Info)
}

func TestStreamIsTakenFromItsPublisher(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	told := history(t, e)
	require.NoError(t, e.StartCall(t.Context(), spec("call", phone)))
	camera(t, e, "mine", "cam")
	require.Eventually(t, func() bool { return last(told("mine")).Status == gateway.MediaPublishing }, patience, 10*time.Millisecond)
	for _, name := range []string{"cam", "call"} {
		require.NoError(t, e.EndStream(t.Context(), name))
		require.Eventually(t, func() bool {
			_, err := e.streams.find(name)
			return err != nil
		}, patience, 10*time.Millisecond)
		requireRefusal(t, e.EndStream(t.Context(), name), gateway.CodeNotFound, gateway.ReasonStreamMissing)
	}
	mine := over(t, told, "mine")
	require.Equal(t, gateway.MediaUnpublished, mine.Status)
	require.Equal(t, gateway.InfoByREST, mine.Info)
	require.Eventually(t, func() bool { return len(e.Snapshot().Calls) == 0 }, patience, 10*time.Millisecond)
}

func TestSessionIDs(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
	long := make([]byte, 200)
	_, _ = rand.Read(long)
	browser := rtctest.New(t, rtctest.Params{Audio: true})
	_, err := e.Play(t.Context(), gateway.PlaySpec{ID: string(long), Stream: "c1", Offer: browser.Offer(t)})
	requireRefusal(t, err, gateway.CodeInvalid, gateway.ReasonCharacters)
	_, err = e.Publish(t.Context(), gateway.PublishSpec{Offer: "v=0"})
	requireRefusal(t, err, gateway.CodeInvalid, gateway.ReasonRequired)
}
