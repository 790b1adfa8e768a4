package ladder

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

const remote = "192.0.2.1:5060"

// say makes a message with these lines after the first three headers.
func say(start, callID, cseq string, more ...string) []byte {
	lines := append([]string{start, "Call-ID: " + callID, "CSeq: " + cseq, "To: <sip:alice@example.com>"}, more...)
	text := strings.Join(lines, "\r\n")
	if !strings.Contains(text, "\r\n\r\n") {
		text += "\r\n\r\n"
	}
	return []byte(text)
}

func starts(t *testing.T, r *Recorder, id string) []string {
	t.Helper()
	l, ok := r.Of(id)
	require.True(t, ok)
	var all []string
	for _, m := range l.Messages {
		all = append(all, m.Start)
	}
	return all
}

func (r *Recorder) sent(text []byte)     { r.Note(true, gateway.TransportUDP, remote, text) }
func (r *Recorder) received(text []byte) { r.Note(false, gateway.TransportUDP, remote, text) }

func TestMessagesOfACallAreKeptInOrderAndRepeatsCounted(t *testing.T) {
	r := New()
	r.Begin("c1", "c1")
	invite := say("INVITE sip:bob@example.com SIP/2.0", "c1", "1 INVITE",
		"Content-Type: application/sdp;charset=utf-8", "", "v=0\r\ns=-\r\n")
	r.sent(invite)
	r.sent(invite)
	r.received(say("SIP/2.0 100 Trying", "c1", "1 INVITE"))
	r.sent(invite)
	r.received(say("SIP/2.0 486 Busy Here", "c1", "1 INVITE"))
	r.sent(say("ACK sip:bob@example.com SIP/2.0", "c1", "1 ACK"))
	r.received(say("OPTIONS sip:us SIP/2.0", "foreign", "1 OPTIONS"))
	r.received([]byte("garbage"))
	require.Equal(t, []string{
		"INVITE sip:bob@example.com SIP/2.0", "SIP/2.0 100 Trying", "SIP/2.0 486 Busy Here", "ACK sip:bob@example.com SIP/2.0",
	}, starts(t, r, "c1"))
	l, _ := r.Of("c1")
	first := l.Messages[0]
	require.Equal(t, 2, first.Repeats)
	require.True(t, first.Sent)
	require.False(t, l.Messages[1].Sent)
	require.Equal(t, remote, first.Remote)
	require.Equal(t, gateway.TransportUDP, first.Transport)
	require.Equal(t, string(invite), first.Text)
	require.Equal(t, "v=0\r\ns=-\r\n", first.SDP)
	require.Empty(t, l.Messages[1].SDP)
	require.False(t, first.At.IsZero())
}

func TestTheInviteThatCameBeforeItsCallWasKnown(t *testing.T) {
	r := New()
	r.received(say("INVITE sip:us SIP/2.0", "theirs", "7 INVITE"))
	for n := range 3 * maxUnclaimed / 4 {
		r.received(say("INVITE sip:us SIP/2.0", fmt.Sprint("scanner", n), "1 INVITE"))
		r.received(say("OPTIONS sip:us SIP/2.0", fmt.Sprint("other", n), "1 OPTIONS"))
	}
	r.Begin("ours", "theirs")
	r.sent(say("SIP/2.0 180 Ringing", "theirs", "7 INVITE"))
	require.Equal(t, []string{"INVITE sip:us SIP/2.0", "SIP/2.0 180 Ringing"}, starts(t, r, "ours"))
	require.Len(t, r.unclaimed, 3*maxUnclaimed/4)
	for n := range 2 * maxUnclaimed {
		r.received(say("INVITE sip:us SIP/2.0", fmt.Sprint("flood", n), "1 INVITE"))
	}
	require.Len(t, r.unclaimed, maxUnclaimed)
}

func TestTheRegistrationMadeForACall(t *testing.T) {
	r := New()
	r.Begin("c1", "c1")
	r.Begin("c2", "c2")
	register := func(callID string) []byte { return say("REGISTER sip:example.com SIP/2.0", callID, "1 REGISTER") }
	r.sent(register("before"))
	done := r.Registering("c1", gateway.Account{Login: "Alice", Domain: "example.com"})
	r.received(register("forged"))
	r.sent(register("ours"))
	r.received(say("SIP/2.0 200 OK", "ours", "1 REGISTER"))
	done()
	r.sent(register("ours"))
	require.Equal(t, []string{"REGISTER sip:example.com SIP/2.0", "SIP/2.0 200 OK"}, starts(t, r, "c1"))
	require.Empty(t, starts(t, r, "c2"))
	require.Empty(t, r.registering)
	require.Len(t, r.dialogs, 2)
}

func TestTheOldestMessagesGoFirst(t *testing.T) {
	r := New()
	r.Begin("many", "many")
	for n := range maxMessages + 3 {
		r.sent(say(fmt.Sprint("INFO sip:", n, " SIP/2.0"), "many", "1 INFO"))
	}
	l, _ := r.Of("many")
	require.Len(t, l.Messages, maxMessages)
	require.Equal(t, 3, l.Dropped)
	require.Equal(t, "INFO sip:3 SIP/2.0", l.Messages[0].Start)

	r.Begin("large", "large")
	for n := range 10 {
		r.sent(say(fmt.Sprint("INFO sip:", n, " SIP/2.0"), "large", "1 INFO", "X: "+strings.Repeat("x", maxBytes/4)))
	}
	l, _ = r.Of("large")
	require.Len(t, l.Messages, 3)
	require.Equal(t, 7, l.Dropped)
}

func TestCallsThatEndedAreRememberedForAWhile(t *testing.T) {
	r := New()
	for n := range maxEnded + 1 {
		id := fmt.Sprint(n)
		r.Begin(id, id)
		r.sent(say("BYE sip:bob SIP/2.0", id, "2 BYE"))
		r.End(id)
		r.received(say("SIP/2.0 200 OK", id, "2 BYE"))
	}
	_, known := r.Of("0")
	require.False(t, known)
	require.Equal(t, []string{"BYE sip:bob SIP/2.0", "SIP/2.0 200 OK"}, starts(t, r, "1"))
	require.Len(t, r.dialogs, maxEnded)

	r.Begin("1", "1") // the id is used again
	require.Empty(t, starts(t, r, "1"))
	require.Len(t, r.ended, maxEnded-1)
}

func TestACallThatLoopsBackIsTwo(t *testing.T) {
	r := New()
	r.Begin("out", "same")
	r.sent(say("INVITE sip:us SIP/2.0", "same", "1 INVITE"))
	r.Begin("in", "same")
	r.sent(say("SIP/2.0 180 Ringing", "same", "1 INVITE"))
	require.Len(t, starts(t, r, "out"), 2)
	require.Len(t, starts(t, r, "in"), 1)
}

func TestACallThatGoesOnInAnotherDialog(t *testing.T) {
	r := New()
	r.Begin("c1", "first")
	r.sent(say("BYE sip:bob SIP/2.0", "first", "2 BYE"))
	r.received(say("INVITE sip:us SIP/2.0", "second", "1 INVITE"))
	r.Join("c1", "second")
	r.Join("c1", "second")
	r.sent(say("SIP/2.0 200 OK", "second", "1 INVITE"))
	r.Join("unknown", "third")
	require.Equal(t, []string{"BYE sip:bob SIP/2.0", "INVITE sip:us SIP/2.0", "SIP/2.0 200 OK"}, starts(t, r, "c1"))
	r.Begin("c1", "anew")
	require.Len(t, r.dialogs, 1)
}
