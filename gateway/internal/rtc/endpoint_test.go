package rtc

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listenFor(t *testing.T, p Params) *Endpoint {
	t.Helper()
	p.Host, p.Log = "127.0.0.1", slog.New(slog.DiscardHandler)
	e, err := Listen(t.Context(), p)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

const browserLines = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\na=mid:0\r\na=rtcp-mux\r\n" +
	"a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"

// answered is the answer to an offer to receive audio.
func answered(t *testing.T, e *Endpoint) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	p, answer, err := e.Answer(ctx, session+strings.Replace(audio, " 13", "", 1)+browserLines, unknown(), "s")
	require.NoError(t, err)
	p.Close()
	return answer
}

// stunServer answers each request with an address (RFC 8489), or says nothing.
func stunServer(t *testing.T, address *net.UDPAddr) string {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		request := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(request)
			if err != nil {
				return
			}
			if n < 20 || address == nil {
				continue
			}
			const cookie = 0x2112A442
			answer := append([]byte{0x01, 0x01, 0, 12}, request[4:20]...)
			answer = append(answer, 0, 0x20, 0, 8, 0, 1) // XOR-MAPPED-ADDRESS, IPv4
			answer = binary.BigEndian.AppendUint16(answer, uint16(address.Port)^cookie>>16)
			answer = binary.BigEndian.AppendUint32(answer, binary.BigEndian.Uint32(address.IP.To4())^cookie)
			_, _ = conn.WriteTo(answer, from)
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return conn.LocalAddr().String()
}

func TestAddressThatAServerSeesIsNamed(t *testing.T) {
	e := listenFor(t, Params{STUN: stunServer(t, &net.UDPAddr{IP: net.IPv4(203, 0, 113, 7), Port: 4711})})
	answer := answered(t, e)
	require.Contains(t, answer, " 203.0.113.7 4711 typ srflx ")
	require.Contains(t, answer, " 127.0.0.1 ")
	require.Contains(t, answer, "a=end-of-candidates")
}

// awaitLeft has the test end when what was left to itself has.
func awaitLeft(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return goleak.Find(before) == nil }, 30*time.Second, 100*time.Millisecond)
	})
}

// TestSilentServersDoNotHoldAnswersUp: the answer is given up otherwise.
func TestSilentServersDoNotHoldAnswersUp(t *testing.T) {
	silent := stunServer(t, nil)
	for name, p := range map[string]Params{
		"STUN": {STUN: silent}, "TURN": {TURN: silent, TURNUser: "u", TURNPassword: "p"}, "nonsense": {STUN: "::"},
	} {
		t.Run(name, func(t *testing.T) {
			awaitLeft(t)
			require.Contains(t, answered(t, listenFor(t, p)), " 127.0.0.1 ")
		})
	}
}

// TestSilentServerDoesNotHoldUpTheEnd: ice asks a relay for nearly eight seconds.
func TestSilentServerDoesNotHoldUpTheEnd(t *testing.T) {
	awaitLeft(t)
	e := listenFor(t, Params{TURN: stunServer(t, nil), TURNUser: "u", TURNPassword: "p"})
	p, _, err := e.Answer(t.Context(), both("recvonly"), unknown(), "s")
	require.NoError(t, err)
	began := time.Now()
	p.Close()
	require.Less(t, time.Since(began), 2*closeTime)
}

func TestGarbageIsCountedAndHarmsNobody(t *testing.T) {
	e := listenFor(t, Params{})
	conn, err := net.Dial("udp", e.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	for _, packet := range []string{"hello", "\xFF\xFF", "\x80not RTP of anybody", "\x00\x01", "\x16\xFE\xFD"} {
		_, err = conn.Write([]byte(packet))
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return e.Garbage() == 2 }, 20*time.Second, time.Millisecond)
	require.Contains(t, answered(t, e), "typ host")
}

// fill opens as many silent connections as there may be, and returns when all of them are let in: by then the one that is
// too many is closed.
func fill(t *testing.T, e *Endpoint) {
	t.Helper()
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", e.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	for range maxSilent {
		dial()
	}
	extra := dial()
	require.NoError(t, extra.SetReadDeadline(time.Now().Add(silentAfter/2)))
	_, err := extra.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF, "closed by the other side")
}

func TestSilentConnectionsAreBounded(t *testing.T) { fill(t, listenFor(t, Params{})) }

// TestSilentConnectionsDoNotHoldUpTheEnd: ice would wait for each as long as it may be silent.
func TestSilentConnectionsDoNotHoldUpTheEnd(t *testing.T) {
	e, err := Listen(t.Context(), Params{Host: "127.0.0.1", Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	fill(t, e)
	began := time.Now()
	require.NoError(t, e.Close())
	require.Less(t, time.Since(began), silentAfter/2)
}

// FuzzUseful: what is let through begins as STUN, DTLS or RTP does.
func FuzzUseful(f *testing.F) {
	f.Add([]byte{0, 1})
	f.Add([]byte("GET /"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if useful(b) {
			require.Contains(t, []byte{0, 1, 2}, b[0]>>6)
		}
	})
}

// TestThereIsAllTheTimeToConnect: nothing gives a browser up before its time is over.
func TestThereIsAllTheTimeToConnect(t *testing.T) {
	t.Parallel()
	e := listenFor(t, Params{})
	p, _, err := e.Answer(t.Context(), both("recvonly"), unknown(), "s")
	require.NoError(t, err)
	defer p.Close()
	within, began := silentAfter+goneAfter+time.Second, time.Now()
	require.ErrorIs(t, p.Connect(t.Context(), within), ErrNoWay)
	require.GreaterOrEqual(t, time.Since(began), within)
}
