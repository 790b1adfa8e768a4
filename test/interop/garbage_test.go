package interop

import (
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
)

// TestGarbageOnEveryPort throws noise at every port while a call is on air: the call does not notice.
func TestGarbageOnEveryPort(t *testing.T) {
	const portsOfACall = 4
	first := peers.FreePorts(t, portsOfACall)
	nginx := peers.StartNginx(t)
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t, func(c *gateway.Config) {
		c.RTP = gateway.RTPConfig{PortMin: first, PortMax: first + portsOfACall - 1}
	})
	g.dial(t, "air", phone.URI(), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": "air"})
	g.waitFor(t, "air", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)

	noise := rand.New(rand.NewPCG(1, 2))
	sip := g.listener(t, "sip")
	datagrams := []string{sip}
	for port := first; port < first+portsOfACall; port++ {
		datagrams = append(datagrams, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	}
	streams := []string{sip, g.rtmp, strings.TrimPrefix(g.rest, "http://")}
	for _, address := range streams { // half open: they say nothing, and are not closed until the end
		for range 20 {
			c, err := net.Dial("tcp", address)
			require.NoError(t, err)
			defer func() { _ = c.Close() }()
		}
	}
	throwDatagrams(t, noise, datagrams)
	for _, address := range streams {
		for range 30 {
			throwStream(t, noise, address)
		}
	}
	call := g.find(t, "air")
	require.Equal(t, "ESTABLISHED", call["status"])
	require.Equal(t, "RTMP_STREAM_ACTIVE", call["rtmpStreamStatus"])
	require.Equal(t, demophone.Established, phone.Calls()[0].State)
	status, text := g.post(t, "/call/startup", map[string]any{
		"callId": "after", "callee": phone.URI(), "sipLogin": "gw", "sipDomain": "127.0.0.1",
	})
	require.Equal(t, http.StatusServiceUnavailable, status, "one call has all ports")
	require.Contains(t, string(text), "media_port_to")
	g.requireCounted(t)
	time.Sleep(2 * time.Second) // on air
	g.hangUp(t, "air")
	requireClip(t, recorded(t, nginx, "air"), 4*time.Second)
}

// requireCounted fails unless what was refused at each port and by the call's media has been counted.
func (g *gatewayUnderTest) requireCounted(t testing.TB) {
	t.Helper()
	require.Eventually(t, func() bool {
		s := g.api.Snapshot()
		counted := s.Calls[0].Audio.Discarded > 0 && s.Calls[0].Video.Discarded > 0
		for _, l := range s.Listeners {
			counted = counted && (l.Refused > 0 || l.Name == "webrtc") // nothing was thrown at that one
		}
		return counted
	}, patience, 50*time.Millisecond, "%+v", g.api.Snapshot().Listeners)
}

// listener is the address of one of the gateway's servers.
func (g *gatewayUnderTest) listener(t testing.TB, name string) string {
	t.Helper()
	for _, l := range g.api.Snapshot().Listeners {
		if l.Name == name {
			return l.Address
		}
	}
	require.FailNow(t, "no listener", name)
	return ""
}

// throwDatagrams sends 2,000 datagrams to each address, some of them with a beginning that fits: at a pace at which the
// kernel loses none of the call's own.
func throwDatagrams(t testing.TB, noise *rand.Rand, addresses []string) {
	t.Helper()
	beginnings := []string{
		"", "", "\x80\x08", "\x80\x70", "\x90\x70\xff\xff", "\x80\xc8\x00\x01", "\x81\xce\x00\x02", "\x8f\xcd\xff\xff",
		"INVITE sip:", "SIP/2.0 200 OK\r\n", "BYE sip:x SIP/2.0\r\nVia: ", "\r\n\r\n",
	}
	var conns []net.Conn
	for _, address := range addresses {
		c, err := net.Dial("udp", address)
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
		conns = append(conns, c)
	}
	const total, atOnce = 2000, 20
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for range total / atOnce {
		<-pace.C
		for _, c := range conns {
			for range atOnce {
				_, err := c.Write(append([]byte(beginnings[noise.IntN(len(beginnings))]), random(noise, noise.IntN(1200))...))
				require.NoError(t, err)
			}
		}
	}
}

// throwStream sends noise over one connection, which the other side may cut at any time.
func throwStream(t testing.TB, noise *rand.Rand, address string) {
	t.Helper()
	beginnings := []string{"", "\x03", "\x03\x00\x00\x00\x00", "GET / HTTP/1.1\r\n", "POST /rest-api/call/startup HTTP/1.1\r\nContent-Length: 9\r\n\r\n", "INVITE sip:x SIP/2.0\r\n"}
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Second)))
	_, _ = c.Write([]byte(beginnings[noise.IntN(len(beginnings))]))
	_, _ = c.Write(random(noise, 4096))
}

func random(noise *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(noise.Uint32())
	}
	return b
}
