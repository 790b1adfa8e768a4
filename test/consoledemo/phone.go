package main

import (
	"strings"
	"time"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

// telephone makes the scripted gateway one with accounts, devices, a call that rings and one that somebody talks in.
func telephone(fake *gatewaytest.Fake, started time.Time) {
	account := func(login string) gateway.Account {
		return gateway.Account{Login: login, Domain: "pbx.example.com", Transport: gateway.TransportTLS, SRTP: gateway.SRTPRequired, Register: true}
	}
	fake.SetRegistration(gateway.Registration{
		ID: "console-1", Account: account("studio"), Status: gateway.RegistrationUp, SIPStatus: 200, Text: "200 OK",
		Expires: started.Add(290 * time.Second), Created: started,
	})
	fake.SetRegistration(gateway.Registration{
		ID: "pbx-2", Account: account("guest"), Status: gateway.RegistrationFailed, SIPStatus: 403, Text: "403 Wrong password", Created: started,
	})
	fake.SetDevices(
		gateway.Device{ID: "alsa:0", Kind: "audio", Name: "Studio microphone"}, gateway.Device{ID: "alsa:1", Kind: "audio", Name: "Headset"},
		gateway.Device{ID: "/dev/video0", Kind: "video", Name: "USB camera"},
	)
	fake.SetCall(gateway.Call{
		ID: "ringing", Incoming: true, Registration: "console-1", Status: gateway.CallRing, SIPStatus: 180,
		Caller: "1005", Callee: "studio", VisibleName: "Anna Petrova", HasAudio: true, HasVideo: true,
	})
	fake.SetCall(gateway.Call{
		ID: "missed", Incoming: true, Registration: "console-1", Status: gateway.CallFinish, Caller: "1007", Callee: "studio",
		Created: started.Add(-time.Minute), Ended: started, Ending: gateway.Ending{Reason: gateway.EndRemote, Text: "the caller gave up"},
	})
	fake.RemoveCall("missed")
	fake.SetCall(gateway.Call{
		ID: "gate", Status: gateway.CallFailed, SIPStatus: 200, Caller: "1001", Callee: "gate@example.com", Created: started.Add(-time.Minute), Ended: started,
		Ending: gateway.Ending{Reason: gateway.EndNoMedia, Text: "no media agreed: audio: codecs not matched: G729/8000 => PCMA, PCMU"},
		Refused: []gateway.MediaLine{
			{Kind: "audio", Reason: gateway.LineUnmatched, Theirs: []string{"G729/8000"}, Ours: []string{"PCMA", "PCMU"}, Why: "codecs not matched: G729/8000 => PCMA, PCMU"},
			{Kind: "video", Reason: gateway.LineDeclined, Why: "refused by the other side (port 0)"},
		},
	})
	fake.RemoveCall("gate")
	fake.SetStream(gateway.Stream{Name: selfView, Source: gateway.SourceWebRTC, Live: true})
	fake.SetLadder(ladder(started))
}

const selfView = "self-view"

// talked makes a call one that the operator talks in.
func talked(c *gateway.Call) {
	c.Encrypted, c.Muted, c.Digits = true, true, "42#"
	c.Devices = gateway.DeviceUse{Microphone: "alsa:0", Camera: "/dev/video0", SelfView: selfView}
	c.Refused = []gateway.MediaLine{
		{Kind: "audio", Reason: gateway.LineNotTaken, Ours: []string{"opus", "G722"}, Why: "opus, G722: not taken by the other side"},
		{Kind: "video", Reason: gateway.LineNotTaken, Ours: []string{"VP8"}, Why: "VP8: not taken by the other side"},
	}
}

// ladder is a call that was challenged, answered with video and held.
func ladder(started time.Time) gateway.Ladder {
	offer := strings.Join([]string{
		"v=0", "o=- 1 1 IN IP4 192.0.2.10", "s=-", "c=IN IP4 192.0.2.10", "t=0 0",
		"m=audio 31000 RTP/SAVP 8 0 96 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:96 opus/48000/2",
		"a=rtpmap:101 telephone-event/8000", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***", "a=sendrecv",
		"m=video 31002 RTP/SAVP 97 98", "a=rtpmap:97 H264/90000", "a=fmtp:97 profile-level-id=42e01f", "a=rtpmap:98 VP8/90000", "a=sendrecv",
	}, "\r\n") + "\r\n"
	answer := strings.Join([]string{
		"v=0", "o=pbx 7 7 IN IP4 192.0.2.20", "s=call", "c=IN IP4 192.0.2.20", "t=0 0",
		"m=audio 40000 RTP/SAVP 8 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***", "a=sendrecv",
		"m=video 40002 RTP/SAVP 97", "a=rtpmap:97 H264/90000", "a=fmtp:97 profile-level-id=42e01f", "a=sendrecv",
	}, "\r\n") + "\r\n"
	l := gateway.Ladder{CallID: "call-0"}
	at := started
	add := func(after time.Duration, sent bool, start, cseq, sdp string, repeats int) {
		at = at.Add(after)
		text := start + "\r\nVia: SIP/2.0/TLS 192.0.2.10:5061;branch=z9hG4bK1\r\nFrom: <sip:1001@pbx.example.com>;tag=a\r\n" +
			"To: <sip:studio-1@pbx.example.com>\r\nCall-ID: call-0\r\nCSeq: " + cseq + "\r\n"
		if cseq == "2 INVITE" && sent {
			text += "Authorization: Digest username=\"1001\", realm=\"pbx\", response=\"***\"\r\n"
		}
		l.Messages = append(l.Messages, gateway.SIPMessage{
			At: at, Sent: sent, Remote: "192.0.2.20:5061", Transport: gateway.TransportTLS, Start: start,
			Text: text + "\r\n" + sdp, SDP: sdp, Repeats: repeats,
		})
	}
	invite := "INVITE sip:studio-1@pbx.example.com SIP/2.0"
	add(0, true, invite, "1 INVITE", offer, 1)
	add(510*time.Millisecond, false, "SIP/2.0 401 Unauthorized", "1 INVITE", "", 0)
	add(time.Millisecond, true, "ACK sip:studio-1@pbx.example.com SIP/2.0", "1 ACK", "", 0)
	add(2*time.Millisecond, true, invite, "2 INVITE", offer, 0)
	add(9*time.Millisecond, false, "SIP/2.0 100 Trying", "2 INVITE", "", 0)
	add(80*time.Millisecond, false, "SIP/2.0 180 Ringing", "2 INVITE", "", 0)
	add(2*time.Second, false, "SIP/2.0 200 OK", "2 INVITE", answer, 0)
	add(time.Millisecond, true, "ACK sip:studio-1@192.0.2.20 SIP/2.0", "2 ACK", "", 0)
	add(9*time.Second, true, "INFO sip:studio-1@192.0.2.20 SIP/2.0", "3 INFO", "", 0)
	add(40*time.Millisecond, false, "SIP/2.0 415 Unsupported Media Type", "3 INFO", "", 0)
	return l
}
