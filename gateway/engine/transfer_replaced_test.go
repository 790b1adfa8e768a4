package engine

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/sdp"
	"callcast/gateway/internal/sipua"
)

// placed is an INVITE of a test as its sender sees it.
type placed struct {
	*sipua.Dialog
	answered chan sipua.Answered
	failed   chan sipua.Failed
	ended    chan sipua.Ended
}

// takesPlace has somebody call the engine in place of another, and talk in one codec.
func (c *colleague) takesPlace(e *Engine, login, replaces string, codec media.Codec) placed {
	p := placed{answered: make(chan sipua.Answered, 1), failed: make(chan sipua.Failed, 1), ended: make(chan sipua.Ended, 1)}
	p.Dialog = c.agent.Invite(sipua.InviteParams{
		CallID: "of-" + login, Account: gateway.Account{Login: login, Domain: "127.0.0.1"},
		Callee: "sip:gateway@" + e.agent.Addr().String(), Replaces: replaces,
		SDP: sdp.Offer(sdp.OfferParams{IP: netip.MustParseAddr("127.0.0.1"), Audio: sdp.MediaOffer{
			Port: 9, Send: true, Codecs: []media.Codec{codec},
		}}),
		Handle: func(ev sipua.Event) {
			switch ev := ev.(type) {
			case sipua.Answered:
				p.answered <- ev
			case sipua.Failed:
				p.failed <- ev
			case sipua.Ended:
				p.ended <- ev
			}
		},
	})
	return p
}

func (p placed) awaitAnswer(t *testing.T) {
	t.Helper()
	select {
	case answered := <-p.answered:
		require.NotEmpty(t, answered.SDP)
	case refused := <-p.failed:
		require.FailNow(t, "refused", refused.Reason)
	}
}

// presentDialog is the dialog that a call is in, as a Replaces header names it to us.
func presentDialog(t *testing.T, e *Engine, id string) string {
	t.Helper()
	l, err := e.Ladder(t.Context(), id)
	require.NoError(t, err)
	field := func(text, pattern string) string {
		found := regexp.MustCompile(`(?im)^` + pattern).FindStringSubmatch(text)
		require.NotNil(t, found, "%s in %s", pattern, text)
		return found[1]
	}
	var replaces string
	for _, m := range l.Messages {
		if !strings.HasPrefix(m.Start, "SIP/2.0 200") || field(m.Text, `CSeq: *\d+ (\w+)`) != "INVITE" {
			continue
		}
		ours, theirs := field(m.Text, `From:.*;tag=([^\s;]+)`), field(m.Text, `To:.*;tag=([^\s;]+)`)
		if m.Sent {
			ours, theirs = theirs, ours
		}
		replaces = field(m.Text, `Call-ID: *(\S+)`) + ";to-tag=" + ours + ";from-tag=" + theirs
	}
	return replaces
}

// TestSuccessorIsReplaced: who came into a call by a REFER can be replaced like the one before, and so can who came by that.
// A caller who is refused leaves nothing behind.
func TestSuccessorIsReplaced(t *testing.T) {
	e, successor, others := start(t, loopback()), callee(t, demophone.Params{}), newColleague(t, nothing)
	near := newColleague(t, nothing)
	events := follow(t, e)
	require.NoError(t, e.StartCall(t.Context(), outgoing("c1", near.uri())))
	events.await(t, "c1", established)
	first := presentDialog(t, e, "c1")
	near.mu.Lock()
	require.NoError(t, near.dialog.Refer(t.Context(), successor.URI(), nil))
	near.mu.Unlock()
	requireCarried(t, events, successor.URI())

	with := func(party string) {
		t.Helper()
		events.await(t, "c1", func(ev gateway.Event) bool {
			return ev.Call.Status == gateway.CallEstablished && ev.Call.Callee == party
		})
	}
	third := others.takesPlace(e, "third", presentDialog(t, e, "c1"), media.PCMA)
	third.awaitAnswer(t)
	with("third")
	require.Eventually(t, func() bool { return successor.Calls()[0].State == demophone.Ended }, patience, 20*time.Millisecond)

	mute := others.takesPlace(e, "mute", presentDialog(t, e, "c1"), media.Speex16)
	require.Equal(t, 488, (<-mute.failed).Status)
	late := others.takesPlace(e, "late", first, media.PCMA)
	require.Contains(t, []int{481, 603}, (<-late.failed).Status, "that dialog is over, or about to be")
	l, err := e.Ladder(t.Context(), "c1")
	require.NoError(t, err)
	for _, m := range l.Messages {
		require.NotContains(t, m.Text, "of-mute")
	}

	fourth := others.takesPlace(e, "fourth", presentDialog(t, e, "c1"), media.PCMA)
	fourth.awaitAnswer(t)
	with("fourth")
	<-third.ended
	requireRungs(t, e, "c1", "> INVITE", "< REFER", "> INVITE", "< INVITE", "> 200", "< INVITE", "> 200")
	require.Len(t, e.Snapshot().Calls, 1)
	require.Len(t, e.Snapshot().Streams, 1)
	fourth.Hangup("done")
	<-fourth.ended
	events.await(t, "c1", removed)
}
