package peers

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Datagram is a UDP datagram on the loopback interface.
type Datagram struct {
	From, To int // ports
	Payload  []byte
}

// sniffer reads datagrams off the wire, by tcpdump.
type sniffer struct {
	cmd     *exec.Cmd
	reading sync.WaitGroup
}

// startSniffer tells take, on one goroutine, of each datagram that passes the filter from now on.
func startSniffer(t testing.TB, filter string, take func(Datagram)) *sniffer {
	t.Helper()
	// With what else goes over the interface, and by the second, it would lose packets when the machine is busy.
	s := &sniffer{cmd: exec.Command("tcpdump", "-i", "lo", "-U", "-n", "-s", "4096", "-B", "16384", "--immediate-mode", "-w", "-", filter)}
	out, err := s.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.cmd.Start())
	t.Cleanup(s.stop)
	in := bufio.NewReader(out)
	var header [24]byte
	_, err = io.ReadFull(in, header[:])
	require.NoError(t, err, "tcpdump does not run; it needs the rights of root")
	s.reading.Go(func() { read(in, take) })
	return s
}

// read reads the file format of libpcap until tcpdump ends.
func read(in io.Reader, take func(Datagram)) {
	const ethernet, udp = 14, 8
	var header [16]byte
	for {
		if _, err := io.ReadFull(in, header[:]); err != nil {
			return
		}
		frame := make([]byte, binary.LittleEndian.Uint32(header[8:]))
		if _, err := io.ReadFull(in, frame); err != nil {
			return
		}
		if len(frame) < ethernet+20+udp || frame[12] != 8 || frame[13] != 0 { // IPv4
			continue
		}
		datagram := frame[ethernet+int(frame[ethernet]&0xF)*4:]
		if len(datagram) < udp {
			continue
		}
		take(Datagram{
			From:    int(binary.BigEndian.Uint16(datagram)),
			To:      int(binary.BigEndian.Uint16(datagram[2:])),
			Payload: datagram[udp:],
		})
	}
}

// stop ends it. It may be called more than once.
func (s *sniffer) stop() {
	_ = s.cmd.Process.Kill()
	s.reading.Wait()
	_ = s.cmd.Wait()
}

// Capture is what went over the wire to and from a telephone.
type Capture struct {
	sniffer *sniffer
	sip     int // the telephone's port; 0 if SIP is not captured

	mu        sync.Mutex // guards datagrams
	datagrams []Datagram
}

func startCapture(t testing.TB, sip int, filter string) *Capture {
	c := &Capture{sip: sip}
	c.sniffer = startSniffer(t, filter, func(d Datagram) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.datagrams = append(c.datagrams, d)
	})
	return c
}

// CaptureMedia listens to all that comes to so many ports, from now on.
func CaptureMedia(t testing.TB, first, ports int) *Capture {
	return startCapture(t, 0, fmt.Sprintf("udp dst portrange %d-%d", first, first+ports-1))
}

// Datagrams is what was captured so far.
func (c *Capture) Datagrams() []Datagram {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.datagrams)
}

// Media is what was captured so far and is not SIP.
func (c *Capture) Media() []Datagram {
	return slices.DeleteFunc(c.Datagrams(), func(d Datagram) bool { return d.From == c.sip || d.To == c.sip })
}
