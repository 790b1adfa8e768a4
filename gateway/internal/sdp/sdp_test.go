package sdp

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

var update = flag.Bool("update", false, "write golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

var sound, pictures = []media.Codec{media.PCMA, media.PCMU}, []media.Codec{media.H264}

func params(send bool) OfferParams {
	return OfferParams{
		IP: netip.MustParseAddr("192.0.2.10"), SessionID: 1437391553771, Version: 1,
		Audio: MediaOffer{Port: 31022, RTCPPort: 31023, Send: send, SSRC: 1478013757, CNAME: "call-1", Codecs: sound},
		Video: MediaOffer{Port: 31024, RTCPPort: 31025, Send: send, SSRC: 979076678, CNAME: "call-1", Codecs: pictures},
	}
}

func TestOffer(t *testing.T) {
	golden(t, "offer_sendrecv.sdp", Offer(params(true)))
	golden(t, "offer_recvonly.sdp", Offer(params(false)))
	six := params(true)
	six.IP = netip.MustParseAddr("2001:db8::1")
	golden(t, "offer_ipv6.sdp", Offer(six))
	seen := params(true)
	seen.Audio.IP, seen.Audio.Port = netip.MustParseAddr("198.51.100.7"), 40000
	seen.Video.RTCPIP, seen.Video.RTCPPort = netip.MustParseAddr("198.51.100.8"), 40003
	golden(t, "offer_nat.sdp", Offer(seen))
	blind := params(true)
	blind.Video.Port = 0
	require.NotContains(t, string(Offer(blind)), "m=video", "who has no camera and no picture asks for none")
	require.Contains(t, string(Offer(blind)), "m=audio")
	blind = params(true)
	blind.Video.Codecs = nil
	require.NotContains(t, string(Offer(blind)), "m=video", "no codec, no line")
}

// sdp makes a description of lines.
func sdp(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n") + "\r\n") }

const head = "v=0\r\no=- 99999999999999999999999 -1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nb=AS:512\r\nt=0 0"

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestParseAnswerAgrees(t *testing.T) {
	sps, pps := []byte{0x67, 0x42, 0x80, 0x1f}, []byte{0x68, 0xce, 0x38, 0x80}
	got, err := ParseAnswer(Offer(params(true)), sdp(head,
		"m=audio 4000 RTP/AVP 0 96 8",
		"a=rtpmap:96 telephone-event/16000", "a=ptime:30", "a=sendrecv",
		"m=video 4002/2 RTP/AVPF 99 100",
		"c=IN IP4 192.0.2.21/127", "b=TIAS:400000",
		"a=rtpmap:99 h264/90000", "a=fmtp:99 profile-level-id=42801F;packetization-mode=1; sprop-parameter-sets=Z0KAHw==,aM44gA==",
		"a=rtpmap:100 VP8/90000", "a=rtcp-fb:99 nack pli", "a=rtcp-fb:* ccm fir tmmbr", "a=rtcp:5001 IN IP4 192.0.2.22",
		"a=sendonly"))
	require.NoError(t, err)
	require.Empty(t, got.Refused)
	require.Equal(t, &Media{
		RTP: addr("192.0.2.20:4000"), RTCP: addr("192.0.2.20:4001"),
		Payloads:  []Payload{{Type: 0, Codec: media.PCMU, ClockRate: 8000}, {Type: 8, Codec: media.PCMA, ClockRate: 8000}},
		DTMF:      &Payload{Type: 96, ClockRate: 16000},
		Direction: Direction{Send: true, Receive: true}, PTime: 30 * time.Millisecond,
	}, got.Audio)
	require.Equal(t, &Media{
		RTP: addr("192.0.2.21:4002"), RTCP: addr("192.0.2.22:5001"),
		Payloads:  []Payload{{Type: 99, Codec: media.H264, ClockRate: 90000, PacketizationMode: 1, SPS: sps, PPS: pps}},
		Direction: Direction{Receive: true},
		Feedback:  Feedback{PLI: true, Named: true},
	}, got.Video)
}

func TestParseAnswerByLine(t *testing.T) {
	const audioLine = "m=audio 4000 RTP/AVP 8"
	tests := []struct {
		name         string
		send         bool
		answer       []byte
		audio, video string // direction and address, or why not
	}{
		{
			"no video line", true, sdp(head, audioLine),
			"sendrecv 192.0.2.20:4000 192.0.2.20:4001", "it is not in the answer",
		},
		{
			"video refused", true, sdp(head, audioLine, "m=video 0 RTP/AVP 112"),
			"sendrecv 192.0.2.20:4000 192.0.2.20:4001", "refused by the other side (port 0)",
		},
		{
			"odd order", true, sdp(head, "m=video 4002 RTP/AVP 112", "a=rtpmap:112 H264/90000", "a=rtcp-mux", audioLine, "a=recvonly"),
			"sendonly 192.0.2.20:4000 192.0.2.20:4001", "sendrecv 192.0.2.20:4002 192.0.2.20:4002",
		},
		{
			"encrypted", true, sdp(head, "m=audio 4000 RTP/SAVP 8", "m=video 4002 UDP/TLS/RTP/SAVPF 112"),
			"the other side wants encryption (RTP/SAVP), and SRTP is never used; make it optional or required", "transport UDP/TLS/RTP/SAVPF is not supported",
		},
		{
			"codecs", true, sdp(head, "m=audio 4000 RTP/AVP 18 9 19 101", "a=rtpmap:18 G729/8000", "a=rtpmap:101 telephone-event/8000", "m=video 4002 RTP/AVP 97", "a=rtpmap:97 VP8/90000"),
			"codecs not matched: G729/8000, G722/8000, payload type 19 => PCMA, PCMU", "codecs not matched: VP8/90000 => H264",
		},
		{
			"interleaved mode", true, sdp(head, "m=video 4002 RTP/AVP 112", "a=rtpmap:112 H264/90000", "a=fmtp:112 packetization-mode=2"),
			"it is not in the answer", "codecs not matched: H264/90000 => H264",
		},
		{
			"hold as before RFC 3264", true, sdp("v=0", "c=IN IP4 0.0.0.0", audioLine, "m=video 4002 RTP/AVP 112", "c=IN IP6 ::", "a=rtpmap:112 H264/90000"),
			"recvonly invalid AddrPort invalid AddrPort", "recvonly invalid AddrPort invalid AddrPort",
		},
		{
			"inactive for the session", true, sdp(head, "a=inactive", audioLine, "m=video 4002 RTP/AVP 112", "a=rtpmap:112 H264/90000", "a=sendonly"),
			"inactive 192.0.2.20:4000 192.0.2.20:4001", "recvonly 192.0.2.20:4002 192.0.2.20:4003",
		},
		{
			"more than was offered", false, sdp(head, audioLine, "a=sendrecv"),
			"recvonly 192.0.2.20:4000 192.0.2.20:4001", "it is not in the answer",
		},
		{
			"host name", true, sdp("v=0", "c=IN IP4 phone.example.org", audioLine),
			`address "phone.example.org" is not an IP address`, "it is not in the answer",
		},
		{"no address", true, sdp("v=0", audioLine), "no address", "it is not in the answer"},
		{
			"channels named", true, sdp(head, "m=audio 4000 RTP/AVP 96", "a=rtpmap:96 PCMA/8000/1"),
			"sendrecv 192.0.2.20:4000 192.0.2.20:4001", "it is not in the answer",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseAnswer(Offer(params(tt.send)), tt.answer)
			require.NoError(t, err)
			require.Equal(t, tt.audio, told(got, got.Audio, audio))
			require.Equal(t, tt.video, told(got, got.Video, video))
		})
	}
}

func told(a Answer, m *Media, kind string) string {
	if m != nil {
		return m.Direction.String() + " " + m.RTP.String() + " " + m.RTCP.String()
	}
	for _, r := range a.Refused {
		if r.Kind == kind {
			return r.Why
		}
	}
	return "nothing said"
}

func TestParseRefuses(t *testing.T) {
	offer := Offer(params(true))
	for name, bad := range map[string][]byte{
		"empty": nil, "no SDP": []byte("hello"), "bad line": sdp("v=0", "m=audio 1"), "bad port": sdp("v=0", "m=audio 70000 RTP/AVP 8"),
		"too long": bytes.Repeat([]byte("a=x\r\n"), 20000), "too many": sdp("v=0", strings.Repeat("m=audio 1 RTP/AVP 8\r\n", 40)),
	} {
		_, err := ParseAnswer(offer, bad)
		require.Error(t, err, name)
		_, _, err = AnswerTo(bad, params(true))
		require.Error(t, err, name)
	}
}

func TestAnswerTo(t *testing.T) {
	local := params(true)
	local.Version = 2
	answer, got, err := AnswerTo(sdp(head,
		"m=application 9 TCP/BFCP *",
		"m=video 4002 RTP/AVPF 97 98 99", "a=rtpmap:97 VP8/90000", "a=rtpmap:98 H264/90000", "a=rtpmap:99 H264/90000",
		"a=fmtp:99 packetization-mode=1;profile-level-id=64001f", "a=sendonly",
		"m=audio 4000 RTP/AVP 0 8 18 96", "a=rtpmap:96 telephone-event/8000", "a=inactive",
		"m=video 4004 RTP/AVP 98", "a=rtpmap:98 H264/90000", "a=content:slides",
	), local)
	require.NoError(t, err)
	golden(t, "answer.sdp", answer)
	require.Equal(t, "inactive", got.Audio.Direction.String())
	require.Equal(t, "recvonly", got.Video.Direction.String())
	require.Equal(t, uint8(99), got.Video.Payloads[0].Type)
	require.Len(t, got.Refused, 2)

	// The other side reads the answer as we meant it.
	again, err := ParseAnswer(sdp(head, "m=audio 4000 RTP/AVP 0 8", "m=video 4002 RTP/AVPF 99", "a=rtpmap:99 H264/90000"), answer)
	require.NoError(t, err)
	require.Equal(t, addr("192.0.2.10:31022"), again.Audio.RTP)
	require.Equal(t, addr("192.0.2.10:31025"), again.Video.RTCP)
	require.Equal(t, "sendonly", again.Video.Direction.String())
}

func TestAnswerToHoldAndResume(t *testing.T) {
	for theirs, ours := range map[string]string{
		"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive",
	} {
		answer, got, err := AnswerTo(sdp(head, "m=audio 4000 RTP/AVP 8", "a="+theirs), params(true))
		require.NoError(t, err)
		require.Contains(t, string(answer), "\r\na="+ours+"\r\n")
		require.Equal(t, ours, got.Audio.Direction.String())
	}
	answer, _, err := AnswerTo(sdp(head, "m=audio 4000 RTP/AVP 8", "a=recvonly"), params(false))
	require.NoError(t, err)
	require.Contains(t, string(answer), "\r\na=inactive\r\n", "this side only receives")
}

func TestAnswerCannotBeInjectedInto(t *testing.T) {
	answer, _, err := AnswerTo(sdp(head, "m=video 4000 RTP/AVP 98", "a=rtpmap:98 H264/90000", "a=fmtp:98 profile-level-id=42\ra=evil"), params(true))
	require.NoError(t, err)
	require.NotContains(t, string(answer), "evil")
}

func FuzzParseAnswer(f *testing.F) {
	offer := Offer(params(true))
	f.Add(offer)
	f.Add(sdp(head, "m=audio 0 RTP/SAVP 8", "m=video 65535 RTP/AVPF 112", "a=rtpmap:112 H264/90000", "a=fmtp:112 sprop-parameter-sets=Zw==,,aA=="))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		a, err := ParseAnswer(offer, b)
		if err == nil && a.Audio == nil && a.Video == nil && len(a.Refused) == 0 {
			t.Fatal("neither agreed nor refused")
		}
		for _, m := range []*Media{a.Audio, a.Video} {
			if m != nil && len(m.Payloads) == 0 {
				t.Fatal("agreed on nothing")
			}
		}
		if answer, _, err := AnswerTo(b, params(true)); err == nil {
			if _, err := parse(answer); err != nil {
				t.Fatalf("own answer: %v\n%s", err, answer)
			}
		}
		if !bytes.Equal(before, b) {
			t.Fatal("input was changed")
		}
	})
}
