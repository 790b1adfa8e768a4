package engine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/sdp"
	"callcast/gateway/internal/sipua"
)

// colleague is a far side that can be told everything: it answers each call, and does as on says.
type colleague struct {
	agent *sipua.Agent
	on    func(sipua.Event)

	mu     sync.Mutex // guards what follows
	dialog *sipua.Dialog
	answer []byte
}

func newColleague(t *testing.T, on func(sipua.Event)) *colleague {
	t.Helper()
	c := &colleague{on: on}
	var err error
	c.agent, err = sipua.New(sipua.Params{Host: "127.0.0.1", OnInvite: c.answers, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, c.agent.Start())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, c.agent.Close(ctx))
	})
	return c
}

func (c *colleague) answers(in *sipua.Incoming) {
	answer, err := reply(in.SDP)
	if err != nil {
		in.Reject(488, "")
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer, c.dialog = answer, in.Answer(answer, c.hears)
}

func (c *colleague) hears(ev sipua.Event) {
	if change, ok := ev.(sipua.Reinvite); ok {
		answer, _ := reply(change.SDP)
		change.Respond(200, answer)
	}
	c.on(ev)
}

func reply(offer []byte) ([]byte, error) {
	line := func(c media.Codec) sdp.MediaOffer {
		return sdp.MediaOffer{Port: 9, Send: true, Codecs: []media.Codec{c}}
	}
	answer, _, err := sdp.AnswerTo(offer, sdp.OfferParams{IP: netip.MustParseAddr("127.0.0.1"), Audio: line(media.PCMA), Video: line(media.H264)})
	return answer, err
}

// says has the colleague change what it wants to do with the media.
func (c *colleague) says(t *testing.T, direction string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.dialog.Reinvite(t.Context(), bytes.ReplaceAll(c.answer, []byte("a=sendrecv"), []byte("a="+direction)))
	require.NoError(t, err)
}

func (c *colleague) uri() string { return "sip:colleague@" + c.agent.Addr().String() }

func nothing(sipua.Event) {}

// TestHeldByTheOtherSide and taken back.
func TestHeldByTheOtherSide(t *testing.T) {
	e, c := start(t, loopback()), newColleague(t, nothing)
	events := follow(t, e)
	s := outgoing("c1", c.uri())
	s.HasVideo = true
	require.NoError(t, e.StartCall(t.Context(), s))
	events.await(t, "c1", established)
	c.says(t, "sendonly")
	held := events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Status == gateway.CallHold })
	require.Equal(t, gateway.Held{Remote: true}, held.Call.Held)
	require.NoError(t, e.HoldCall(t.Context(), "c1", true))
	events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Held.Local })
	require.NoError(t, e.HoldCall(t.Context(), "c1", false))
	c.says(t, "sendrecv")
	require.Zero(t, events.await(t, "c1", established).Call.Held)
}

// TestTransfers: the far side is told to call somebody, or to take the place of another call of ours. When it has done so
// the call is over; when it could not, the call goes on.
func TestTransfers(t *testing.T) {
	for name, tt := range map[string]struct {
		attended bool
		outcome  int
	}{
		"blind": {false, 200}, "attended": {true, 200}, "in vain": {false, 486},
	} {
		t.Run(name, func(t *testing.T) {
			asked := make(chan sipua.Referred, 1)
			e, third := start(t, loopback()), callee(t, demophone.Params{})
			c := newColleague(t, func(ev sipua.Event) {
				if referred, ok := ev.(sipua.Referred); ok {
					referred.Accept()
					asked <- referred
				}
			})
			events := follow(t, e)
			require.NoError(t, e.StartCall(t.Context(), outgoing("c1", c.uri())))
			events.await(t, "c1", established)
			transfer := gateway.TransferSpec{CallID: "c1", Target: third.URI()}
			if tt.attended {
				require.NoError(t, e.StartCall(t.Context(), spec("c2", third)))
				events.await(t, "c2", established)
				transfer = gateway.TransferSpec{CallID: "c1", Replaces: "c2"}
			}
			require.NoError(t, e.TransferCall(t.Context(), transfer))
			referred := <-asked
			require.Contains(t, referred.Target, third.URI())
			if tt.attended {
				require.Contains(t, referred.Replaces, "c2;")
			}
			referred.Notify(180, "Ringing")
			referred.Notify(tt.outcome, "so it went")
			if tt.outcome == 200 {
				ended := events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Status.Ended() })
				require.Equal(t, gateway.EndTransferred, ended.Call.Ending.Reason)
				require.Equal(t, gateway.CallFinish, ended.Call.Status)
				return
			}
			require.Eventually(t, func() bool { // it may be transferred again once the first attempt is over
				return e.TransferCall(t.Context(), transfer) == nil
			}, patience, 50*time.Millisecond)
			require.Equal(t, gateway.CallEstablished, e.Snapshot().Calls[0].Status)
		})
	}
}

func TestTransfersThatAreRefused(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	events := follow(t, e)
	require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
	events.await(t, "c1", established)
	err := e.TransferCall(t.Context(), gateway.TransferSpec{CallID: "c1", Target: "bob"}) // this phone knows no REFER
	requireRefusal(t, err, gateway.CodeConflict, gateway.ReasonTransferRefused)
	status, ok := errors.AsType[*sipua.StatusError](err)
	require.True(t, ok)
	require.Equal(t, 405, status.Status)
	require.Equal(t, gateway.CallEstablished, e.Snapshot().Calls[0].Status)
	for _, wrong := range []gateway.TransferSpec{{CallID: "c1"}, {CallID: "c1", Replaces: "c1"}} {
		known, ok := errors.AsType[*gateway.Error](e.TransferCall(t.Context(), wrong))
		require.True(t, ok)
		require.Equal(t, gateway.CodeInvalid, known.Code)
	}
	requireRefusal(t, e.TransferCall(t.Context(), gateway.TransferSpec{CallID: "c1", Replaces: "c9"}),
		gateway.CodeNotFound, gateway.ReasonCallNotFound)
}
