package engine

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/gateway/internal/rtc/rtctest"
)

func viewersOf(e *Engine, name string) []gateway.Sink {
	var viewers []gateway.Sink
	for _, room := range e.streams.all() {
		if room.stream.Name() != name {
			continue
		}
		for _, s := range room.snapshot().Sinks {
			if s.Kind == gateway.SinkWebRTC {
				viewers = append(viewers, s)
			}
		}
	}
	return viewers
}

func TestViewerComesAndGoes(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	events := follow(t, e)
	require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
	events.await(t, "c1", established)
	browser := rtctest.New(t, rtctest.Params{Audio: true, Video: true})
	viewing, err := e.Play(t.Context(), gateway.PlaySpec{Stream: "c1", Offer: browser.Offer(t)})
	require.NoError(t, err)
	listed := viewersOf(e, "c1")
	require.Len(t, listed, 1)
	require.Equal(t, viewing.ID, listed[0].ID)
	require.Equal(t, gateway.ViewerConnecting, listed[0].Viewer.State)

	browser.Accept(t, viewing.Answer)
	require.Eventually(t, func() bool {
		listed := viewersOf(e, "c1")
		return len(listed) == 1 && listed[0].Viewer.State == gateway.ViewerPlaying && listed[0].Bytes > 0
	}, patience, 10*time.Millisecond)

	require.NoError(t, e.EndMediaSession(t.Context(), viewing.ID, gateway.InfoByUser))
	require.Eventually(t, func() bool { return len(viewersOf(e, "c1")) == 0 }, patience, 10*time.Millisecond)
	requireRefusal(t, e.EndMediaSession(t.Context(), viewing.ID, gateway.InfoByUser), gateway.CodeNotFound, gateway.ReasonSessionMissing)
	<-browser.Gone
}

func TestOffersThatAreRefusedLeaveNothing(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
	for name, tt := range map[string]struct {
		spec   gateway.PlaySpec
		code   gateway.Code
		reason string
	}{
		"no such stream": {gateway.PlaySpec{Stream: "c2"}, gateway.CodeNotFound, gateway.ReasonStreamMissing},
		"not SDP":        {gateway.PlaySpec{Stream: "c1", Offer: "?"}, gateway.CodeInvalid, gateway.ReasonSDP},
		"no codec": {gateway.PlaySpec{
			Stream: "c1", Offer: "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 AV1/90000\r\n",
		}, gateway.CodeInvalid, gateway.ReasonNoCodec},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := e.Play(t.Context(), tt.spec)
			requireRefusal(t, err, tt.code, tt.reason)
			require.Empty(t, viewersOf(e, "c1"))
		})
	}
}

func TestViewersWithoutAPort(t *testing.T) {
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	c := loopback()
	c.WebRTC.Port = taken.LocalAddr().(*net.UDPAddr).Port
	e, phone := start(t, c), callee(t, demophone.Params{})
	require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
	_, err = e.Play(t.Context(), gateway.PlaySpec{Stream: "c1"})
	requireRefusal(t, err, gateway.CodeUnavailable, gateway.ReasonPortTaken)
	for _, l := range e.Snapshot().Listeners {
		require.Equal(t, l.Name == "webrtc", l.Err != nil, l.Name)
	}
}

func TestStoppingSendsViewersAway(t *testing.T) {
	phone := callee(t, demophone.Params{})
	e, err := New(Params{Config: loopback(), Version: "test", Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, e.Start())
	require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
	told := history(t, e)
	camera(t, e, "mine", "cam")
	browser := rtctest.New(t, rtctest.Params{Audio: true})
	viewing, err := e.Play(t.Context(), gateway.PlaySpec{Stream: "cam", Offer: browser.Offer(t)})
	require.NoError(t, err)
	browser.Accept(t, viewing.Answer)
	require.Eventually(t, func() bool { return last(told(viewing.ID)).Status == gateway.MediaPlaying }, patience, 10*time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, e.Close(ctx))
	require.Error(t, e.EndMediaSession(t.Context(), viewing.ID, gateway.InfoByUser))
	mine := over(t, told, "mine")
	require.Equal(t, gateway.MediaUnpublished, mine.Status)
	require.Equal(t, gateway.InfoByDisconnect, mine.Info)
	require.Equal(t, gateway.MediaStopped, over(t, told, viewing.ID).Status)
}

// TestIDIsFreeOnceItsEndIsTold: a browser that plays again may use it at once.
func TestIDIsFreeOnceItsEndIsTold(t *testing.T) {
	e := start(t, loopback())
	camera(t, e, "mine", "cam")
	sub := e.Subscribe()
	t.Cleanup(sub.Close)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range 20 {
		browser := rtctest.New(t, rtctest.Params{Audio: true})
		_, err := e.Play(t.Context(), gateway.PlaySpec{ID: "again", Stream: "cam", Offer: browser.Offer(t)})
		require.NoError(t, err)
		require.NoError(t, e.EndMediaSession(t.Context(), "again", gateway.InfoByUser))
		for ended := false; !ended; {
			events, err := sub.Next(ctx)
			require.NoError(t, err)
			for _, ev := range events {
				ended = ended || ev.Session != nil && ev.ID == "again" && ev.Session.Status.Ended()
			}
		}
	}
}

// TestGoodbyesAreHeardWhileMediaFlows: that packets cannot be sent any more is not the first that is known of them.
func TestGoodbyesAreHeardWhileMediaFlows(t *testing.T) {
	e := start(t, loopback())
	told := history(t, e)
	camera(t, e, "mine", "cam")
	browsers := map[string]*rtctest.Browser{}
	for range 20 {
		browser := rtctest.New(t, rtctest.Params{Audio: true})
		viewing, err := e.Play(t.Context(), gateway.PlaySpec{Stream: "cam", Offer: browser.Offer(t)})
		require.NoError(t, err)
		browser.Accept(t, viewing.Answer)
		browsers[viewing.ID] = browser
	}
	for id := range browsers {
		require.Eventually(t, func() bool { return last(told(id)).Status == gateway.MediaPlaying }, patience, 10*time.Millisecond)
	}
	var leaving sync.WaitGroup
	for _, browser := range browsers {
		leaving.Go(browser.Close)
	}
	leaving.Wait()
	for id := range browsers {
		left := over(t, told, id)
		require.Equal(t, gateway.MediaStopped, left.Status)
		require.Equal(t, gateway.InfoByUser, left.Info)
	}
}
