package peers

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// RTPEngine is an rtpengine, which relays media for a SIP server.
type RTPEngine struct {
	control     string // host:port where the server asks
	first, last int    // its ports
}

// StartRTPEngine starts one that works without the kernel's help, and waits until it answers.
func StartRTPEngine(t testing.TB) *RTPEngine {
	const ports = 40 // of media, for two calls and what they leave behind
	control, dir := FreePorts(t, ports+2), t.TempDir()
	r := &RTPEngine{control: fmt.Sprintf("127.0.0.1:%d", control), first: control + 2, last: control + ports + 1}
	p := start(t, dir, "rtpengine", "--config-file=none", "--foreground", "--log-stderr", "--log-level=5", "--table=-1",
		"--interface=127.0.0.1", "--listen-ng="+r.control, "--num-threads=2",
		fmt.Sprintf("--port-min=%d", r.first), fmt.Sprintf("--port-max=%d", r.last))
	require.Eventually(t, func() bool { p.alive(t); return r.answers() }, patience, 50*time.Millisecond)
	return r
}

// Has reports whether an address is one of the relay's.
func (r *RTPEngine) Has(t testing.TB, address string) bool {
	t.Helper()
	return within(t, address, r.first, r.last)
}

func (r *RTPEngine) answers() bool {
	c, err := net.Dial("udp", r.control)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	_, _ = fmt.Fprint(c, "1 d7:command4:pinge")
	_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	n, _ := c.Read(make([]byte, 2048))
	return n > 0
}
