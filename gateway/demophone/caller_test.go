package demophone

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/stretchr/testify/require"
)

const patient = 5 * time.Second

func start(t *testing.T, p Params) *Phone {
	t.Helper()
	p.Log = slog.New(slog.DiscardHandler)
	phone, err := New(p)
	require.NoError(t, err)
	require.NoError(t, phone.Start())
	t.Cleanup(phone.Close)
	return phone
}

// caller is a scripted SIP caller with sockets for media.
type caller struct {
	t     *testing.T
	phone *Phone
	id    string
	cseq  int
	toTag string
	sip   *net.UDPConn
	audio *net.UDPConn
	video *net.UDPConn
}

func newCaller(t *testing.T, phone *Phone) *caller {
	t.Helper()
	c := &caller{t: t, phone: phone, id: token()}
	for _, conn := range []**net.UDPConn{&c.sip, &c.audio, &c.video} {
		var err error
		*conn, err = listen(netip.MustParseAddr("127.0.0.1"), 0)
		require.NoError(t, err)
		t.Cleanup(func() { _ = (*conn).Close() })
	}
	return c
}

func port(conn *net.UDPConn) uint16 { return conn.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

const (
	offerAudio = "m=audio %AUDIO% RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
	offerVideo = "m=video %VIDEO% RTP/AVPF 97 96\r\na=rtpmap:97 H264/90000\r\na=fmtp:97 profile-level-id=42e01f;packetization-mode=0\r\n" +
		"a=rtpmap:96 H264/90000\r\na=fmtp:96 profile-level-id=42e01f;packetization-mode=1\r\na=rtcp-fb:96 nack pli\r\na=recvonly\r\n"
)

func (c *caller) offer(media string) string {
	media = strings.ReplaceAll(media, "%AUDIO%", fmt.Sprint(port(c.audio)))
	media = strings.ReplaceAll(media, "%VIDEO%", fmt.Sprint(port(c.video)))
	return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + media
}

// request sends a request in the dialog or before it. ACK and CANCEL share the number of the INVITE.
func (c *caller) request(method, contentType, body string, extra ...field) {
	c.t.Helper()
	if method != "ACK" && method != "CANCEL" {
		c.cseq++
	}
	m := &message{method: method, uri: c.phone.URI()}
	local := c.sip.LocalAddr().String()
	m.add("Via", "SIP/2.0/UDP "+local+";rport;branch=z9hG4bK"+token())
	m.add("Max-Forwards", "70")
	m.add("From", "<sip:test@"+local+">;tag=caller")
	to := "<" + c.phone.URI() + ">"
	if c.toTag != "" && method != "CANCEL" {
		to += ";tag=" + c.toTag
	}
	m.add("To", to)
	m.add("Call-ID", c.id)
	m.add("CSeq", fmt.Sprintf("%d %s", c.cseq, method))
	m.add("Contact", "<sip:test@"+local+">")
	for _, f := range extra {
		m.add(f.name, f.value)
	}
	if body != "" {
		m.add("Content-Type", contentType)
		m.body = []byte(body)
	}
	_, err := c.sip.WriteToUDPAddrPort(m.bytes(), c.phone.addr)
	require.NoError(c.t, err)
}

// receive reads the next SIP message.
func (c *caller) receive() *message {
	c.t.Helper()
	require.NoError(c.t, c.sip.SetReadDeadline(time.Now().Add(patient)))
	buffer := make([]byte, maxDatagram)
	n, _, err := c.sip.ReadFromUDPAddrPort(buffer)
	require.NoError(c.t, err)
	m, err := parse(buffer[:n])
	require.NoError(c.t, err)
	return m
}

// expect reads messages until a response to method with this status comes. Repetitions of other ones may come before.
func (c *caller) expect(status int, method string) *message {
	c.t.Helper()
	for {
		m := c.receive()
		if _, have := m.cseq(); m.status == status && have == method {
			if tag := param(m.get("To"), "tag"); tag != "" {
				c.toTag = tag
			}
			return m
		}
		require.Less(c.t, m.status, 200, "an unexpected final answer: %d %s", m.status, m.reason)
	}
}

// establish makes a call and returns the answer's SDP.
func (c *caller) establish(media string) string {
	c.t.Helper()
	c.request("INVITE", "application/sdp", c.offer(media))
	c.expect(180, "INVITE")
	ok := c.expect(200, "INVITE")
	c.request("ACK", "", "")
	c.await(func(i CallInfo) bool { return i.State == Established })
	return string(ok.body)
}

// await waits until what the phone knows of the call is as wanted.
func (c *caller) await(want func(CallInfo) bool) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		for _, i := range c.phone.Calls() {
			if i.ID == c.id {
				return want(i)
			}
		}
		return false
	}, patient, time.Millisecond)
}

// packet reads the next RTP packet.
func (c *caller) packet(conn *net.UDPConn) *rtp.Packet {
	c.t.Helper()
	require.NoError(c.t, conn.SetReadDeadline(time.Now().Add(patient)))
	buffer := make([]byte, readSize)
	n, _, err := conn.ReadFromUDPAddrPort(buffer)
	require.NoError(c.t, err)
	p := &rtp.Packet{}
	require.NoError(c.t, p.Unmarshal(buffer[:n]))
	return p
}

// pictures reads n whole pictures as a byte stream, and their first packets.
func (c *caller) pictures(n int) ([]byte, []*rtp.Packet) {
	c.t.Helper()
	var stream bytes.Buffer
	var first []*rtp.Packet
	var h264 codecs.H264Packet
	for begins := true; len(first) < n || !begins; {
		p := c.packet(c.video)
		if begins {
			first = append(first, p)
		}
		raw, err := h264.Unmarshal(p.Payload)
		require.NoError(c.t, err)
		stream.Write(raw)
		begins = p.Marker
	}
	return stream.Bytes(), first
}
