package sipua

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// bindAttempts is how often another free port is tried when the one UDP got is taken for TCP.
const bindAttempts = 16

// bind opens UDP and TCP on the same port.
func bind(ctx context.Context, host string, port int) (net.PacketConn, net.Listener, error) {
	var config net.ListenConfig
	var err error
	for range bindAttempts {
		var udp net.PacketConn
		udp, err = config.ListenPacket(ctx, "udp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return nil, nil, fmt.Errorf("bind sip: %w", err)
		}
		got := udp.LocalAddr().(*net.UDPAddr).Port
		var tcp net.Listener
		tcp, err = config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(got)))
		if err == nil {
			return udp, tcp, nil
		}
		_ = udp.Close()
		if port != 0 {
			break
		}
	}
	return nil, nil, fmt.Errorf("bind sip: %w", err)
}
