package sip

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/slate"
	"callcast/gateway/internal/stun/stuntest"
)

// box stands between a source and everybody else as a NAT does. Each port inside has one of its own outside, the same for
// everybody; who was not spoken to from there is not let in. Whoever is outside is spoken to through a door.
type box struct {
	t     *testing.T
	tasks sync.WaitGroup

	mu      sync.Mutex // guards what follows
	doors   map[netip.AddrPort]*net.UDPConn
	outside map[netip.AddrPort]*net.UDPConn // by port inside
	spoken  map[[2]netip.AddrPort]bool      // from inside to outside
}

func startBox(t *testing.T) *box {
	b := &box{
		t: t, doors: map[netip.AddrPort]*net.UDPConn{}, outside: map[netip.AddrPort]*net.UDPConn{}, spoken: map[[2]netip.AddrPort]bool{},
	}
	t.Cleanup(func() {
		b.mu.Lock()
		for _, sockets := range []map[netip.AddrPort]*net.UDPConn{b.doors, b.outside} {
			for _, c := range sockets {
				_ = c.Close()
			}
		}
		b.mu.Unlock()
		b.tasks.Wait()
	})
	return b
}

// open opens a socket and takes what comes to it.
func (b *box) open(take func(text []byte, from netip.AddrPort)) *net.UDPConn {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(b.t, err)
	b.tasks.Go(func() {
		text := make([]byte, 1500)
		for {
			n, from, err := c.ReadFromUDPAddrPort(text)
			if err != nil {
				return
			}
			take(text[:n], from)
		}
	})
	return c
}

func addressOf(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// door is where somebody outside is spoken to.
func (b *box) door(to netip.AddrPort) netip.AddrPort {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.doors[to] == nil {
		b.doors[to] = b.open(func(text []byte, from netip.AddrPort) { _, _ = b.out(from, to).WriteToUDPAddrPort(text, to) })
	}
	return addressOf(b.doors[to])
}

// out is the port that somebody inside has outside.
func (b *box) out(inside, to netip.AddrPort) *net.UDPConn {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spoken[[2]netip.AddrPort{inside, to}] = true
	if b.outside[inside] == nil {
		b.outside[inside] = b.open(func(text []byte, from netip.AddrPort) {
			b.mu.Lock()
			door := b.doors[from]
			let := b.spoken[[2]netip.AddrPort{inside, from}]
			b.mu.Unlock()
			if let {
				_, _ = door.WriteToUDPAddrPort(text, inside)
			}
		})
	}
	return b.outside[inside]
}

// ports are the ports outside.
func (b *box) ports() (numbers []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.outside {
		numbers = append(numbers, int(addressOf(c).Port()))
	}
	return numbers
}

// TestMediaThroughANAT: a telephone that sends to where the description says, and nowhere else, talks with a source behind a
// NAT that keeps no port numbers; sound, pictures and RTCP, both ways, in a call that is placed and in one that comes in.
func TestMediaThroughANAT(t *testing.T) {
	for name, agree := range map[string]func(*rig, []byte) (ours string, err error){
		"placed": func(r *rig, answer []byte) (string, error) {
			_, err := r.Answer(answer)
			return string(r.Offer()), err
		},
		"comes in": func(r *rig, offer []byte) (string, error) {
			answer, err := r.Reoffer(offer)
			return string(answer), err
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := stuntest.Serve(t, stuntest.Answer)
			var nat *box
			r := newRig(t, true, func(p *Params) {
				nat = startBox(t)
				p.Reflect = func(ports ...*rtpio.Conn) {
					require.NoError(t, rtpio.Reflect(nat.door(server), ports...))
					for _, c := range ports {
						require.NotContains(t, nat.ports(), c.RTPPort())
						require.NotContains(t, nat.ports(), c.RTCPPort())
					}
				}
			})
			theirs := string(r.phone.sdp("sendrecv", "sendrecv"))
			for _, c := range r.phone.ports {
				at := addressOf(c)
				theirs = strings.ReplaceAll(theirs, fmt.Sprint(at.Port()), fmt.Sprint(nat.door(at).Port()))
			}
			ours, err := agree(r, []byte(theirs))
			require.NoError(t, err)
			requirePorts(t, ours, nat.ports())
			requireTalk(t, r)
		})
	}
}

// requirePorts checks that a description names four ports, all of which are outside.
func requirePorts(t *testing.T, description string, outside []int) {
	t.Helper()
	require.Len(t, outside, 4)
	for _, line := range []string{"m=audio %d ", "m=video %d ", "a=rtcp:%d IN IP4 127.0.0.1\r\n"} {
		require.True(t, slices.ContainsFunc(outside, func(port int) bool {
			return strings.Contains(description, fmt.Sprintf(line, port))
		}), "%q in %s", line, description)
	}
}

// requireTalk lets a telephone and a source send each other sound, pictures and RTCP, and looks at what came.
func requireTalk(t *testing.T, r *rig) {
	t.Helper()
	pcm := make([]int16, audioRate)
	for i := range pcm {
		pcm[i] = int16(16384 * sine(1000, i))
	}
	receive(t, r.phone.audio)
	r.PlaySound(pcm, audioRate, false, nil)
	var frames []sent
	for len(frames) < 25 {
		if p := receive(t, r.phone.audio); p.Marker || len(frames) > 0 {
			frames = append(frames, sent{Packet: p})
		}
	}
	require.InDelta(t, 0.5, amplitude(frames, 1000), 0.01, "the telephone hears the tone")
	receive(t, r.phone.video)
	receive(t, r.phone.reports)

	picture, err := slate.Load()
	require.NoError(t, err)
	for n := range 20 {
		r.phone.send(0, 8, 500+uint32(n)*frameSamples, false, slices.Repeat([]byte{byte(n)}, frameSamples))
	}
	r.phone.show(90000, picture.Unit(0))
	units := r.collect(t, func(units []*media.Unit) bool {
		heard := slices.ContainsFunc(units, func(u *media.Unit) bool { return slices.Equal(u.Payload, slices.Repeat([]byte{19}, frameSamples)) })
		return heard && slices.ContainsFunc(units, func(u *media.Unit) bool {
			return u.Kind() == media.Video && !u.Fill && slices.Equal(u.Payload, picture.Unit(0).Payload)
		})
	})
	require.NotEmpty(t, units)

	from := newLive(t) // whose source is asked when the telephone asks by RTCP
	r.Inject(from.Stream, nil)
	require.Eventually(t, func() bool { return len(from.Readers()) == 1 }, patienceOfTests, time.Millisecond)
	shown := coloured(t, 3)
	shown.Arrived = time.Now()
	from.publisher.Write(shown)
	r.phone.sees(t, shown)
	asked := from.asked.Load()
	pli, err := (&rtcp.PictureLossIndication{MediaSSRC: r.local.Video.SSRC}).Marshal()
	require.NoError(t, err)
	_, err = r.phone.ports[3].WriteToUDPAddrPort(pli, r.phone.remote[3])
	require.NoError(t, err)
	require.Eventually(t, func() bool { return from.asked.Load() > asked }, patienceOfTests, time.Millisecond)
}
