package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/ui/widgets"
)

const (
	ladderOffer = "v=0\r\nm=audio 31000 RTP/AVP 8 96\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:96 opus/48000/2\r\n" +
		"m=video 31002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n"
	ladderAnswer = "v=0\r\nm=audio 4000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\nm=video 0 RTP/AVP 97\r\n"
)

func ladderOf(call string) gateway.Ladder {
	at := time.Now()
	message := func(ms int, sent bool, start, sdp string) gateway.SIPMessage {
		return gateway.SIPMessage{
			At: at.Add(time.Duration(ms) * time.Millisecond), Sent: sent, Remote: "192.0.2.20:5060", Transport: gateway.TransportUDP,
			Start: start, SDP: sdp, Text: start + "\r\nAuthorization: Digest response=\"***\"\r\n\r\n" + sdp,
		}
	}
	l := gateway.Ladder{CallID: call, Messages: []gateway.SIPMessage{
		message(0, true, "INVITE sip:1002@pbx SIP/2.0", ladderOffer),
		message(20, false, "SIP/2.0 401 Unauthorized", ""),
		message(25, true, "INVITE sip:1002@pbx SIP/2.0", ladderOffer),
		message(1500, false, "SIP/2.0 200 OK", ladderAnswer),
		message(1501, true, "ACK sip:1002@pbx SIP/2.0", ""),
	}}
	l.Messages[2].Repeats = 2
	return l
}

func (b *bench) ladder() *widgets.Ladder {
	b.t.Helper()
	var found *widgets.Ladder
	b.walk(func(o fyne.CanvasObject) {
		if l, ok := o.(*widgets.Ladder); ok {
			found = l
		}
	})
	require.NotNil(b.t, found)
	return found
}

func (b *bench) showsPart(part string) bool {
	return strings.Contains(strings.Join(b.texts(), "\n"), part)
}

func onLadder(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, FormDefaults{})
	b.fake.SetLadder(ladderOf("a"))
	call := upCall("a", "1002")
	call.Refused = []gateway.MediaLine{{Kind: "video", Why: "the other side takes no picture"}}
	b.fake.SetCall(call)
	b.sees("CONNECTED")
	b.tap("SIP")
	b.sees("200 OK (SDP)")
	return b
}

func TestLadderShowsTheMessages(t *testing.T) {
	b := onLadder(t)
	require.True(t, b.shows("192.0.2.20:5060"))
	require.True(t, b.shows("Callcast"))
	rungs := b.ladder().Rungs()
	require.Len(t, rungs, 5)
	require.Equal(t, "+1500 ms", rungs[3].Time)
	require.Equal(t, "INVITE (SDP) · repeated 2 times", rungs[2].Words)
	require.Equal(t, []bool{true, false, true, false, true},
		[]bool{rungs[0].Right, rungs[1].Right, rungs[2].Right, rungs[3].Right, rungs[4].Right})
	b.ladder().Choose(1)
	require.True(t, b.showsPart("SIP/2.0 401 Unauthorized\nAuthorization: Digest response=\"***\""), "%q", b.texts())
}

func TestLadderGrowsWhileTheCallLives(t *testing.T) {
	b := onLadder(t)
	longer := ladderOf("a")
	longer.Messages = append(longer.Messages, gateway.SIPMessage{At: time.Now(), Start: "BYE sip:1001@here SIP/2.0", Text: "BYE\x1b[31m\r\n"})
	b.fake.SetLadder(longer)
	b.sees("BYE")
	b.ladder().Choose(5)
	require.True(t, b.shows("BYE·[31m\n"), "%q", b.texts())
}

func TestOfferStandsBesideItsAnswer(t *testing.T) {
	b := onLadder(t)
	b.tap("Offer and answer")
	for _, text := range []string{
		"a=rtpmap:96 opus/48000/2", "taken", "refused: not in the answer", "m=video 0 RTP/AVP 97", "refused: the other side takes no picture",
	} {
		require.True(t, b.shows(text), "%q is not among %q", text, b.texts())
	}
	require.True(t, b.showsPart("a=rtpmap:96 opus/48000/2 · refused: not in the answer\nm=video 31002"), "%q", b.texts())
	b.grid().OnSelected(0)
	require.True(t, b.shows("v=0 · v=0"), "%q", b.texts())
	b.ladder().Choose(0)
	require.True(t, b.shows("not answered"), "the first INVITE was challenged only")
}

func TestLadderIsCopied(t *testing.T) {
	b := onLadder(t)
	b.tap("Copy all")
	text := b.app.Clipboard().Content()
	require.Contains(t, text, "Call-ID a")
	require.Contains(t, text, "+20 ms (udp) <- 192.0.2.20:5060\n\nSIP/2.0 401 Unauthorized")
	require.Contains(t, text, "repeated 2 times")
	require.True(t, b.shows("Copied: 5 messages"))
}

func TestLadderOfACallThatEnded(t *testing.T) {
	b := onLadder(t)
	require.NoError(t, b.fake.EndCall(t.Context(), "a"))
	b.sees("ENDED")
	require.True(t, b.shows("200 OK (SDP)"))
	b.fake.SetCall(upCall("b", "1003"))
	b.sees("No SIP messages are kept of this call.")
	require.False(t, b.shows("200 OK (SDP)"))
	require.True(t, b.button("Copy all").Disabled())
}

func TestLongLadderDrawsWhatIsInSightOnly(t *testing.T) {
	b := newBench(t, FormDefaults{})
	long := ladderOf("a")
	for i := range 500 {
		long.Messages = append(long.Messages, gateway.SIPMessage{At: time.Now(), Start: fmt.Sprintf("METHOD%d sip:x SIP/2.0", i)})
	}
	long.Dropped = 12
	b.fake.SetLadder(long)
	b.fake.SetCall(upCall("a", "1002"))
	b.sees("CONNECTED")
	b.shortcut(fyne.Key5)
	b.sees("12 older messages were not kept")
	require.False(t, b.shows("METHOD499"))
}
