package peers

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BadLine lies between a browser and a gateway: HTTP passes as it is, but the gateway's answers name a port of the line
// in place of the gateway's, and of the datagrams that go through that, both ways, some are lost and the others are
// late, each by its own time, so that they also overtake each other.
type BadLine struct {
	URL    string        // in place of the gateway's
	Loss   float64       // of 1
	Jitter time.Duration // the latest of them

	relays sync.Map // *relay by the gateway's port
}

// StartBadLine starts a line to the gateway with this base URL.
func StartBadLine(t testing.TB, gateway string, loss float64, jitter time.Duration) *BadLine {
	t.Helper()
	target, err := url.Parse(gateway)
	require.NoError(t, err)
	l := &BadLine{Loss: loss, Jitter: jitter}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: l.modify,
	}
	server := httptest.NewServer(proxy)
	l.URL = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		l.relays.Range(func(_, r any) bool {
			r.(*relay).close()
			return true
		})
	})
	return l
}

// Carried is how many datagrams went through and how many were lost.
func (l *BadLine) Carried() (passed, lost int64) {
	l.relays.Range(func(_, value any) bool {
		r := value.(*relay)
		r.mu.Lock()
		defer r.mu.Unlock()
		passed, lost = passed+r.passed, lost+r.lost
		return true
	})
	return passed, lost
}

var candidate = regexp.MustCompile(`(?m)^(a=candidate:\S+ \d+ udp \d+ 127\.0\.0\.1 )(\d+)( .*)$`)

// modify puts the line's port into the candidates of an answer.
func (l *BadLine) modify(res *http.Response) error {
	if res.Header.Get("Content-Type") != "application/sdp" {
		return nil
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	answer = candidate.ReplaceAllFunc(answer, func(line []byte) []byte {
		parts := candidate.FindSubmatch(line)
		port, portErr := strconv.Atoi(string(parts[2]))
		if portErr != nil {
			err = portErr
			return line
		}
		relayed, relayErr := l.relay(port)
		if relayErr != nil {
			err = relayErr
		}
		return fmt.Appendf(nil, "%s%d%s", parts[1], relayed, parts[3])
	})
	res.Body = io.NopCloser(bytes.NewReader(answer))
	res.ContentLength = int64(len(answer))
	res.Header.Set("Content-Length", strconv.Itoa(len(answer)))
	return err
}

// relay returns the line's port for one of the gateway's.
func (l *BadLine) relay(port int) (int, error) {
	if r, ok := l.relays.Load(port); ok {
		return r.(*relay).port(), nil
	}
	r, err := startRelay(l, port)
	if err != nil {
		return 0, err
	}
	if other, taken := l.relays.LoadOrStore(port, r); taken {
		r.close()
		r = other.(*relay)
	}
	return r.port(), nil
}

// relay carries datagrams between browsers and one port of the gateway.
type relay struct {
	line    *BadLine
	front   *net.UDPConn // towards browsers
	gateway *net.UDPAddr
	tasks   sync.WaitGroup
	end     chan struct{}

	mu           sync.Mutex // guards what follows
	random       *rand.Rand
	backs        map[string]*net.UDPConn // towards the gateway, by browser
	passed, lost int64
}

func startRelay(l *BadLine, port int) (*relay, error) {
	home := net.IPv4(127, 0, 0, 1)
	front, err := net.ListenUDP("udp", &net.UDPAddr{IP: home})
	if err != nil {
		return nil, err
	}
	r := &relay{
		line: l, front: front, gateway: &net.UDPAddr{IP: home, Port: port}, end: make(chan struct{}),
		random: rand.New(rand.NewPCG(1, 2)), backs: map[string]*net.UDPConn{},
	}
	r.tasks.Go(r.listen)
	return r, nil
}

func (r *relay) port() int { return r.front.LocalAddr().(*net.UDPAddr).Port }

// listen takes what browsers send.
func (r *relay) listen() {
	buffer := make([]byte, 1<<16)
	for {
		n, from, err := r.front.ReadFromUDP(buffer)
		if err != nil {
			return
		}
		if back := r.back(from); back != nil {
			r.carry(bytes.Clone(buffer[:n]), func(packet []byte) { _, _ = back.Write(packet) })
		}
	}
}

// back is the socket that stands for a browser, nil once the relay is closed.
func (r *relay) back(browser *net.UDPAddr) *net.UDPConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if back, ok := r.backs[browser.String()]; ok || r.backs == nil {
		return back
	}
	back, err := net.DialUDP("udp", nil, r.gateway)
	if err != nil {
		return nil
	}
	r.backs[browser.String()] = back
	r.tasks.Go(func() {
		buffer := make([]byte, 1<<16)
		for {
			n, err := back.Read(buffer)
			select {
			case <-r.end:
				return
			default:
			}
			if err != nil {
				continue // the gateway does not listen yet
			}
			r.carry(bytes.Clone(buffer[:n]), func(packet []byte) { _, _ = r.front.WriteToUDP(packet, browser) })
		}
	})
	return back
}

// carry delivers a datagram late or never.
func (r *relay) carry(packet []byte, deliver func([]byte)) {
	r.mu.Lock()
	lost := r.random.Float64() < r.line.Loss
	late := time.Duration(r.random.Int64N(int64(r.line.Jitter) + 1))
	if lost {
		r.lost++
	} else {
		r.passed++
	}
	r.mu.Unlock()
	if lost {
		return
	}
	r.tasks.Go(func() {
		timer := time.NewTimer(late)
		defer timer.Stop()
		select {
		case <-timer.C:
			deliver(packet)
		case <-r.end:
		}
	})
}

func (r *relay) close() {
	close(r.end)
	_ = r.front.Close()
	r.mu.Lock()
	for _, back := range r.backs {
		_ = back.Close()
	}
	r.backs = nil
	r.mu.Unlock()
	r.tasks.Wait()
}
