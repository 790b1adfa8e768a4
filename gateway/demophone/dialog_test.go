package demophone

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCallerHangsUp(t *testing.T) {
	c := newCaller(t, start(t, Params{}))
	c.establish(offerAudio + offerVideo)
	c.request("BYE", "", "")
	c.expect(200, "BYE")
	c.await(func(i CallInfo) bool { return i.State == Ended })
	c.request("BYE", "", "")
	c.expect(481, "BYE")
}

func TestPhoneHangsUp(t *testing.T) {
	phone := start(t, Params{})
	c := newCaller(t, phone)
	c.establish(offerAudio)
	phone.Hangup(c.id)
	bye := c.receive()
	require.Equal(t, "BYE", bye.method)
	require.Equal(t, c.toTag, param(bye.get("From"), "tag"))
	require.Equal(t, "caller", param(bye.get("To"), "tag"))
	again := c.receive() // repeated until it is answered
	require.Equal(t, bye, again)
	_, err := c.sip.WriteToUDPAddrPort(bye.reply(200, "OK", "").bytes(), phone.addr)
	require.NoError(t, err)
	c.await(func(i CallInfo) bool { return i.State == Ended })
}

func TestAnswerIsRepeatedUntilAcknowledged(t *testing.T) {
	c := newCaller(t, start(t, Params{}))
	c.request("INVITE", "application/sdp", c.offer(offerAudio))
	first := c.expect(200, "INVITE")
	require.Equal(t, first, c.expect(200, "INVITE"))
	c.await(func(i CallInfo) bool { return i.State == Answered })
	c.request("ACK", "", "")
	c.await(func(i CallInfo) bool { return i.State == Established })
}

func TestCancel(t *testing.T) {
	c := newCaller(t, start(t, Params{AnswerDelay: time.Hour}))
	c.request("INVITE", "application/sdp", c.offer(offerAudio))
	c.expect(180, "INVITE")
	c.request("CANCEL", "", "")
	c.expect(200, "CANCEL")
	c.expect(487, "INVITE")
	c.request("ACK", "", "")
	c.await(func(i CallInfo) bool { return i.State == Ended })
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		params Params
		media  string
		status int
	}{
		"busy":            {Params{Reject: 486, RejectReason: "Busy Here"}, offerAudio, 486},
		"no common codec": {Params{}, "m=audio %AUDIO% RTP/AVP 3\r\n", 488},
		"encrypted":       {Params{}, "m=audio %AUDIO% RTP/SAVP 8\r\n", 488},
		"no media":        {Params{}, "", 488},
		"video unwanted":  {Params{NoVideo: true}, offerVideo, 488},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCaller(t, start(t, test.params))
			c.request("INVITE", "application/sdp", c.offer(test.media))
			c.expect(test.status, "INVITE")
			c.request("ACK", "", "")
			c.await(func(i CallInfo) bool { return i.State == Ended })
		})
	}
}

func TestRefusedLineKeepsItsPlace(t *testing.T) {
	c := newCaller(t, start(t, Params{NoVideo: true}))
	require.Contains(t, c.establish(offerAudio+offerVideo), "m=video 0 RTP/AVPF 97 96\r\n")
}

func TestDigest(t *testing.T) {
	phone := start(t, Params{Auth: &Credentials{User: "gw", Password: "secret"}})
	for _, password := range []string{"wrong", "secret"} {
		c := newCaller(t, phone)
		c.request("INVITE", "application/sdp", c.offer(offerAudio))
		refused := c.expect(401, "INVITE")
		c.request("ACK", "", "")
		c.toTag = ""
		require.Contains(t, refused.get("WWW-Authenticate"), phone.nonce)
		ha1, ha2 := hash("gw:"+realm+":"+password), hash("INVITE:"+phone.URI())
		response := hash(ha1 + ":" + phone.nonce + ":00000001:abc:auth:" + ha2)
		c.request("INVITE", "application/sdp", c.offer(offerAudio), field{"Authorization", fmt.Sprintf(
			`Digest username="gw", realm=%q, nonce=%q, uri=%q, qop=auth, nc=00000001, cnonce="abc", response=%q`,
			realm, phone.nonce, phone.URI(), response)})
		if password == "wrong" {
			c.expect(401, "INVITE")
		} else {
			c.expect(200, "INVITE")
		}
	}
}

func TestEarlyMedia(t *testing.T) {
	c := newCaller(t, start(t, Params{EarlyMedia: true, AnswerDelay: time.Hour}))
	c.request("INVITE", "application/sdp", c.offer(offerAudio))
	require.Contains(t, string(c.expect(183, "INVITE").body), "m=audio")
	require.Len(t, c.packet(c.audio).Payload, 160)
}

func TestHoldAndResume(t *testing.T) {
	c := newCaller(t, start(t, Params{}))
	c.establish(offerAudio + offerVideo)
	c.pictures(3)
	c.request("INVITE", "application/sdp", c.offer("m=audio %AUDIO% RTP/AVP 8\r\na=inactive\r\nm=video %VIDEO% RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=inactive\r\n"))
	require.Contains(t, string(c.expect(200, "INVITE").body), "a=inactive")
	c.request("ACK", "", "")
	c.await(func(i CallInfo) bool { return i.State == Established && i.Offers == 2 })
	c.request("INVITE", "application/sdp", c.offer(offerAudio+offerVideo))
	c.expect(200, "INVITE")
	c.request("ACK", "", "")
	c.await(func(i CallInfo) bool { return i.Offers == 3 })
	for p := c.packet(c.video); !hasSPS(p.Payload); p = c.packet(c.video) {
	}
}

func TestSilentPhoneSaysNothing(t *testing.T) {
	c := newCaller(t, start(t, Params{Silent: true}))
	c.request("INVITE", "application/sdp", c.offer(offerAudio))
	c.await(func(i CallInfo) bool { return i.State == Silent })
	c.request("CANCEL", "", "")
	require.Equal(t, "CANCEL", func() string { _, m := c.receive().cseq(); return m }(), "the INVITE was not answered")
}

func TestOutsideOfCalls(t *testing.T) {
	phone := start(t, Params{})
	c := newCaller(t, phone)
	_, err := c.sip.WriteToUDPAddrPort([]byte("\r\n\r\nnot sip at all"), phone.addr)
	require.NoError(t, err)
	c.request("OPTIONS", "", "")
	require.Equal(t, allowed, c.expect(200, "OPTIONS").get("Allow"))
	c.request("INFO", "", "")
	c.expect(481, "INFO")
}

func TestManyCalls(t *testing.T) {
	const n = 100
	phone := start(t, Params{})
	callers := make([]*caller, n)
	for i := range callers {
		callers[i] = newCaller(t, phone)
		callers[i].establish(offerAudio + offerVideo)
	}
	require.Len(t, phone.Calls(), n)
	var wg sync.WaitGroup
	for _, c := range callers {
		wg.Go(func() {
			first := c.packet(c.audio)
			for range 20 {
				first.SequenceNumber++
				if next := c.packet(c.audio); next.SequenceNumber != first.SequenceNumber {
					t.Errorf("call %s: packet %d instead of %d", c.id, next.SequenceNumber, first.SequenceNumber)
					return
				}
			}
		})
	}
	wg.Wait()
	phone.Close()
	for _, i := range phone.Calls() {
		require.Equal(t, Ended, i.State)
	}
	require.Equal(t, "BYE", callers[0].receive().method, "the other side is told")
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("INVITE sip:demo@127.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP a\r\nTo: <sip:a@b>;tag=1\r\n x\r\nl: 2\r\n\r\nabc"))
	f.Add([]byte("SIP/2.0 200 OK\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parse(raw)
		if err != nil {
			return
		}
		again, err := parse(m.reply(200, "OK", "tag").bytes())
		require.NoError(t, err)
		require.Equal(t, 200, again.status)
		_ = hostPort(address(m.get("Contact")))
		_ = m.all("Record-Route")
	})
}

func FuzzOffer(f *testing.F) {
	f.Add([]byte("v=0\r\nc=IN IP4 127.0.0.1\r\n" + offerAudio))
	f.Add([]byte("c=IN IP6 ::1/1\nm=video 4 RTP/AVPF 97\na=rtpmap:97 H264/90000\na=rtcp:5 IN IP4 1.2.3.4\n"))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		sections, err := parseOffer(raw)
		if err != nil {
			return
		}
		if lines, err := choose(sections, true); err == nil {
			answer(lines, lines[0].offer.addr, nil, 1, 20)
		}
	})
}
