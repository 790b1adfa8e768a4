package engine

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// oldPhone is a scripted caller that leaves the offer to us.
type oldPhone struct {
	sip, audio net.PacketConn
	desk       net.Addr
	changes    int // of the call, so far
}

func (p *oldPhone) request(t *testing.T, method, tag, body string) {
	t.Helper()
	local := p.sip.LocalAddr()
	message := fmt.Sprintf("%s sip:desk@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%d\r\nMax-Forwards: 70\r\n"+
		"From: <sip:old@%s>;tag=old\r\nTo: <sip:desk@%s>%s\r\nCall-ID: old-1\r\nCSeq: %d %s\r\nContact: <sip:old@%s>\r\n",
		method, p.desk, local, method, p.changes, local, p.desk, tag, 1+p.changes, method, local)
	if body != "" {
		message += "Content-Type: application/sdp\r\n"
	}
	message += fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	_, err := p.sip.WriteTo([]byte(message), p.desk)
	require.NoError(t, err)
}

// expect reads until a response with a status comes, and accepts no other that is final.
func (p *oldPhone) expect(t *testing.T, status string) string {
	t.Helper()
	buf := make([]byte, 65536)
	require.NoError(t, p.sip.SetReadDeadline(time.Now().Add(patience)))
	for {
		n, _, err := p.sip.ReadFrom(buf)
		require.NoError(t, err, "no %s comes", status)
		response, ok := bytes.CutPrefix(buf[:n], []byte("SIP/2.0 "))
		switch {
		case ok && bytes.HasPrefix(response, []byte(status)):
			return string(buf[:n])
		case ok && response[0] > '1':
			require.FailNow(t, "another response", "%s", buf[:n])
		}
	}
}

func newOldPhone(t *testing.T, e *Engine) *oldPhone {
	t.Helper()
	p := &oldPhone{desk: net.UDPAddrFromAddrPort(e.agent.Addr())}
	for _, conn := range []*net.PacketConn{&p.sip, &p.audio} {
		var err error
		*conn, err = new(net.ListenConfig).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = (*conn).Close() })
	}
	return p
}

// description says that the phone talks, without pictures.
func (p *oldPhone) description() string {
	return strings.ReplaceAll(fmt.Sprintf(
		"v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio %d RTP/AVP 8\nm=video 0 RTP/AVP 112\n",
		p.audio.LocalAddr().(*net.UDPAddr).Port), "\n", "\r\n")
}

// tagOf is our tag in a response.
func tagOf(t *testing.T, response string) string {
	t.Helper()
	tag := regexp.MustCompile(`(?i)\nTo:[^\r]*(;tag=[^;\r]+)`).FindStringSubmatch(response)
	require.Len(t, tag, 2)
	return tag[1]
}

// TestCallerWhoLeavesTheOfferToUs gets one with our answer, and a browser's voice by what it answers.
func TestCallerWhoLeavesTheOfferToUs(t *testing.T) {
	e, _ := desk(t)
	p := newOldPhone(t, e)
	h := newHandset(t, false)
	h.talk(t, browserTone)
	events := follow(t, e)
	p.request(t, "INVITE", "", "")
	p.expect(t, "180")
	offer, err := e.OfferCall(t.Context(), "old-1")
	require.NoError(t, err)
	require.NoError(t, e.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: "old-1", SDP: h.Answer(t, offer)}))
	ok := p.expect(t, "200")
	require.Contains(t, ok, "m=audio")
	port := p.audio.LocalAddr().(*net.UDPAddr).Port
	p.request(t, "ACK", tagOf(t, ok), p.description())
	call := events.await(t, "old-1", established).Call
	require.Contains(t, call.SDP, fmt.Sprint("m=audio ", port))

	buf := make([]byte, 1500)
	require.NoError(t, p.audio.SetReadDeadline(time.Now().Add(patience)))
	for silent := true; silent; {
		n, _, err := p.audio.ReadFrom(buf)
		require.NoError(t, err, "the browser's voice does not come")
		silent = bytes.Count(buf[12:n], []byte{0xD5}) > 80
	}
	require.NoError(t, e.EndCall(t.Context(), "old-1"))
	require.Equal(t, gateway.EndLocal, events.await(t, "old-1", func(ev gateway.Event) bool {
		return ev.Call.Ending.Reason != ""
	}).Call.Ending.Reason)
}

// TestStrangerIsSentNothingBeforeTheACK: a forged INVITE names where it wants the media, but cannot acknowledge.
func TestStrangerIsSentNothingBeforeTheACK(t *testing.T) {
	c := loopback()
	c.SIP.Rules = []gateway.AnswerRule{{Stream: "show"}}
	e := start(t, c)
	p := newOldPhone(t, e)
	events := follow(t, e)
	p.request(t, "INVITE", "", p.description())
	ok := p.expect(t, "200")
	buf := make([]byte, 1500)
	require.NoError(t, p.audio.SetReadDeadline(time.Now().Add(200*time.Millisecond))) // ten frames
	_, _, err := p.audio.ReadFrom(buf)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	p.request(t, "ACK", tagOf(t, ok), "")
	events.await(t, "old-1", established)
	require.NoError(t, p.audio.SetReadDeadline(time.Now().Add(patience)))
	_, _, err = p.audio.ReadFrom(buf)
	require.NoError(t, err)
	require.NoError(t, e.EndCall(t.Context(), "old-1"))
}
