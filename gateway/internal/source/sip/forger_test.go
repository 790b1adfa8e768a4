package sip

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

// forger sends sound of its own to a call's port from an address that nobody has named, and goes on.
type forger struct {
	*net.UDPConn
	mu    sync.Mutex // guards heard
	heard int        // packets that came to it
}

var (
	forged = slices.Repeat([]byte{0x66}, 160)
	honest = slices.Repeat([]byte{0x11}, 160)
)

const frameTime = 20 * time.Millisecond

func startForger(t *testing.T, to netip.AddrPort) *forger {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	require.NoError(t, err)
	f := &forger{UDPConn: conn}
	stop := make(chan struct{})
	var tasks sync.WaitGroup
	tasks.Go(func() {
		pace := time.NewTicker(frameTime)
		defer pace.Stop()
		for n := uint16(0); ; n++ {
			pkt := rtp.Packet{
				Header:  rtp.Header{Version: 2, PayloadType: 8, SequenceNumber: n, Timestamp: 160 * uint32(n), SSRC: 666},
				Payload: forged,
			}
			if b, err := pkt.Marshal(); err == nil {
				_, _ = conn.WriteToUDPAddrPort(b, to)
			}
			select {
			case <-pace.C:
			case <-stop:
				return
			}
		}
	})
	tasks.Go(func() {
		b := make([]byte, 1500)
		for {
			if _, err := conn.Read(b); err != nil {
				return
			}
			f.mu.Lock()
			f.heard++
			f.mu.Unlock()
		}
	})
	t.Cleanup(func() { close(stop); _ = conn.Close(); tasks.Wait() })
	return f
}

func (f *forger) hears() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.heard
}

// TestForgerWasFirst: somebody sends to the port of a call that comes in before the caller has acknowledged, and goes on. Once
// the telephone sends, it is heard and it is spoken to, and the forger is not, though a NAT makes its address another than its
// description says.
func TestForgerWasFirst(t *testing.T) {
	loopback := netip.MustParseAddr("127.0.0.1")
	for name, c := range map[string]struct {
		host netip.Addr // that signals
		says string     // the address in the description
	}{
		"another port":          {netip.Addr{}, "127.0.0.1"},
		"an address of its own": {loopback, "192.0.2.10"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, true, func(p *Params) { p.Waits, p.Host = true, c.host })
			description := string(r.phone.sdp("sendrecv", ""))
			description = strings.Replace(description, "c=IN IP4 127.0.0.1", "c=IN IP4 "+c.says, 1)
			own := r.phone.ports[0].LocalAddr().(*net.UDPAddr).AddrPort()
			description = strings.Replace(description, fmt.Sprintf("m=audio %d ", own.Port()), "m=audio 9 ", 1)
			f := startForger(t, r.phone.remote[0])
			remote := func() string { return r.audioRTP.Stats().Remote.String() }
			require.Eventually(t, func() bool { return remote() == f.LocalAddr().String() }, patienceOfTests, frameTime)

			_, err := r.Reoffer([]byte(description))
			require.NoError(t, err)
			r.Confirm()
			speak := func(frame uint32) {
				r.phone.send(0, 8, 160*frame, false, honest)
				time.Sleep(frameTime)
			}
			deadline := time.Now().Add(patienceOfTests)
			frame := uint32(0)
			for ; remote() != own.String(); frame++ {
				require.True(t, time.Now().Before(deadline), "media goes to %s", remote())
				speak(frame)
			}
			before := f.hears()
			for range 50 {
				frame++
				speak(frame)
			}
			require.Equal(t, own.String(), remote())
			require.LessOrEqual(t, f.hears(), before+1, "what was on its way")
			require.Equal(t, media.Silence(media.PCMA, 160), receive(t, r.phone.audio).Payload)
			units := of(media.Audio, r.collect(t, func(units []*media.Unit) bool {
				return count(units, honest) >= 40
			}))
			first := slices.IndexFunc(units, func(u *media.Unit) bool { return bytes.Equal(u.Payload, honest) })
			require.LessOrEqual(t, count(units[first:], forged), 1, "the forger is not on air")
		})
	}
}

func count(units []*media.Unit, payload []byte) (n int) {
	for _, u := range units {
		if bytes.Equal(u.Payload, payload) {
			n++
		}
	}
	return n
}
