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
				require.Equal(t, gateway.TransferCompleted, ended.Call.Transfer.Status)
				require.Equal(t, 200, ended.Call.Transfer.SIPStatus)
				require.NotEmpty(t, ended.Call.Transfer.Target)
				return
			}
			failed := events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Transfer.Status == gateway.TransferFailed })
			require.Equal(t, gateway.Transfer{
				Target: third.URI(), Status: gateway.TransferFailed, SIPStatus: 486, Text: "so it went", Number: 1,
			}, failed.Call.Transfer)
			require.NoError(t, e.TransferCall(t.Context(), transfer), "it may be transferred again")
			requireRefusal(t, e.TransferCall(t.Context(), transfer), gateway.CodeConflict, gateway.ReasonTransferRefused)
			again := events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Transfer.Status == gateway.TransferPending })
			require.Equal(t, 2, again.Call.Transfer.Number)
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
	refused := events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Transfer.Status == gateway.TransferFailed })
	require.Equal(t, 405, refused.Call.Transfer.SIPStatus)
	require.Equal(t, gateway.CallEstablished, e.Snapshot().Calls[0].Status)
	for _, wrong := range []gateway.TransferSpec{{CallID: "c1"}, {CallID: "c1", Replaces: "c1"}} {
		known, ok := errors.AsType[*gateway.Error](e.TransferCall(t.Context(), wrong))
		require.True(t, ok)
		require.Equal(t, gateway.CodeInvalid, known.Code)
	}
	requireRefusal(t, e.TransferCall(t.Context(), gateway.TransferSpec{CallID: "c1", Replaces: "c9"}),
		gateway.CodeNotFound, gateway.ReasonCallNotFound)
}

// requireCarried fails unless the call is with a party now whose media its stream goes on with. The party before sends none.
func requireCarried(t *testing.T, events *follower, party string) {
	t.Helper()
	events.await(t, "c1", func(ev gateway.Event) bool {
		return ev.Call.Status == gateway.CallEstablished && ev.Call.Callee == party && ev.Call.Audio.Packets > 25
	})
}

// TestReferredToSomebodyElse: the far side wishes that our call goes on with a third party. The call and its stream do,
// whether the far side waits for it or not; if it comes to nothing, all stays as it was.
func TestReferredToSomebodyElse(t *testing.T) {
	for name, tt := range map[string]struct {
		third  demophone.Params
		leaves bool
		final  int
	}{
		"waits":           {demophone.Params{}, false, 200},
		"leaves":          {demophone.Params{AnswerDelay: 500 * time.Millisecond}, true, 0},
		"in vain":         {demophone.Params{Reject: 486, RejectReason: "Busy Here"}, false, 486},
		"leaves, in vain": {demophone.Params{AnswerDelay: 500 * time.Millisecond, Reject: 486}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			told, gone := make(chan sipua.Transfer, 16), make(chan struct{})
			c := newColleague(t, func(ev sipua.Event) {
				switch ev := ev.(type) {
				case sipua.Transfer:
					told <- ev
				case sipua.Ended:
					close(gone)
				}
			})
			e, third := start(t, loopback()), callee(t, tt.third)
			events := follow(t, e)
			require.NoError(t, e.StartCall(t.Context(), outgoing("c1", c.uri())))
			events.await(t, "c1", established)
			c.mu.Lock()
			require.NoError(t, c.dialog.Refer(t.Context(), third.URI(), nil))
			if tt.leaves {
				c.dialog.Hangup("good luck")
			}
			c.mu.Unlock()
			if tt.final != 0 {
				last := <-told
				for !last.Final {
					last = <-told
				}
				require.Equal(t, tt.final, last.Status)
			}
			switch {
			case tt.third.Reject == 0:
				requireCarried(t, events, third.URI())
				<-gone
				requireRungs(t, e, "c1", "> INVITE", "< REFER", "> 202")
				requireRungs(t, e, "c1", "> INVITE", "< REFER", "> INVITE") // beside the 202
				require.NoError(t, e.EndCall(t.Context(), "c1"))
				require.Eventually(t, func() bool { return third.Calls()[0].State == demophone.Ended }, patience, 20*time.Millisecond)
			case tt.leaves:
				ended := events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Status.Ended() })
				require.Equal(t, gateway.EndRemote, ended.Call.Ending.Reason)
			default:
				require.Equal(t, gateway.CallEstablished, e.Snapshot().Calls[0].Status)
				require.Equal(t, c.uri(), e.Snapshot().Calls[0].Callee)
				require.NoError(t, e.EndCall(t.Context(), "c1"))
				<-gone
			}
		})
	}
}

// TestReplaced: the far side has asked a third party to take its place in our call, who does. A caller who does not know the
// call is refused.
func TestReplaced(t *testing.T) {
	left := make(chan struct{})
	near := newColleague(t, func(ev sipua.Event) {
		if _, ok := ev.(sipua.Ended); ok {
			close(left)
		}
	})
	answered, ended := make(chan sipua.Answered, 1), make(chan sipua.Ended, 1)
	failed := make(chan sipua.Failed, 1)
	hears := func(ev sipua.Event) {
		switch ev := ev.(type) {
		case sipua.Answered:
			answered <- ev
		case sipua.Failed:
			failed <- ev
		case sipua.Ended:
			ended <- ev
		}
	}
	third := newColleague(t, nothing)
	offer := sdp.Offer(sdp.OfferParams{IP: netip.MustParseAddr("127.0.0.1"), Audio: sdp.MediaOffer{
		Port: 9, Send: true, Codecs: []media.Codec{media.PCMA},
	}})
	invite := func(target, replaces string) *sipua.Dialog {
		return third.agent.Invite(sipua.InviteParams{
			CallID: "third-" + replaces[:4], Account: gateway.Account{Login: "third", Domain: "127.0.0.1"},
			Callee: target, Replaces: replaces, SDP: offer, Handle: hears,
		})
	}
	asked := make(chan sipua.Referred, 1)
	e := start(t, loopback())
	events := follow(t, e)
	require.NoError(t, e.StartCall(t.Context(), outgoing("c1", near.uri())))
	events.await(t, "c1", established)

	helper := newColleague(t, func(ev sipua.Event) {
		if referred, ok := ev.(sipua.Referred); ok {
			referred.Accept()
			asked <- referred
		}
	})
	consult := near.agent.Invite(sipua.InviteParams{
		CallID: "consult", Account: gateway.Account{Login: "near", Domain: "127.0.0.1"}, Callee: helper.uri(), SDP: offer,
		Handle: func(ev sipua.Event) {
			if taken, ok := ev.(sipua.Answered); ok {
				answered <- taken
			}
		},
	})
	<-answered
	near.mu.Lock()
	require.NoError(t, consult.Refer(t.Context(), "", near.dialog))
	near.mu.Unlock()
	referred := <-asked

	invite(referred.Target, "none;to-tag=1;from-tag=2")
	require.Equal(t, 481, (<-failed).Status)
	d := invite(referred.Target, referred.Replaces)
	require.NotEmpty(t, (<-answered).SDP)
	<-left
	events.await(t, "c1", func(ev gateway.Event) bool {
		return ev.Call.Status == gateway.CallEstablished && ev.Call.Callee == "third"
	})
	require.Len(t, e.Snapshot().Calls, 1)
	require.Len(t, e.Snapshot().Streams, 1)
	d.Hangup("done")
	<-ended
	last := events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Status.Ended() })
	require.Equal(t, gateway.EndRemote, last.Call.Ending.Reason)
	consult.Hangup("done")
}
