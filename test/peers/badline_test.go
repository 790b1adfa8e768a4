package peers

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBadLine sends datagrams through it to one who sends them back: some of them come, none twice, and not in order.
func TestBadLine(t *testing.T) {
	const sent, loss = 200, 0.3 // as many as a socket holds
	echo, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = echo.Close() })
	go func() {
		buffer := make([]byte, 100)
		for {
			n, from, err := echo.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = echo.WriteTo(buffer[:n], from)
		}
	}()
	_, port, err := net.SplitHostPort(echo.LocalAddr().String())
	require.NoError(t, err)
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/sdp")
		_, _ = fmt.Fprintf(w, "v=0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 %s typ host\r\n", port)
	}))
	t.Cleanup(gateway.Close)
	line := StartBadLine(t, gateway.URL, loss, 20*time.Millisecond)
	res, err := http.Post(line.URL+"/whep/x", "application/sdp", strings.NewReader("v=0\r\n"))
	require.NoError(t, err)
	answer, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	named := candidate.FindStringSubmatch(string(answer))
	require.NotNil(t, named, "%s", answer)
	require.NotEqual(t, port, named[2])

	conn, err := net.Dial("udp", "127.0.0.1:"+named[2])
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	for i := range sent {
		_, err := fmt.Fprint(conn, i)
		require.NoError(t, err)
	}
	var overtaken, last int
	came := map[int]bool{}
	buffer := make([]byte, 100)
	for {
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(2*time.Second)))
		n, err := conn.Read(buffer)
		if err != nil {
			break
		}
		number, err := strconv.Atoi(string(buffer[:n]))
		require.NoError(t, err)
		require.False(t, came[number])
		came[number] = true
		if number < last {
			overtaken++
		}
		last = number
	}
	passed, lost := line.Carried()
	const once = sent * (1 - loss)
	require.InDelta(t, once+once*(1-loss), passed, 50)
	require.InDelta(t, sent*loss+once*loss, lost, 50)
	require.InDelta(t, once*(1-loss), len(came), 30)
	require.NotZero(t, overtaken)
}
