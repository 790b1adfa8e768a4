package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
)

// loopback is where everything happens.
func loopback(port int) *net.UDPAddr { return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port} }

// freeTCP returns a port that nothing listens on.
func freeTCP() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// freeUDP returns the first, even one of n free ports that are next to each other.
func freeUDP(n int) (int, error) {
	const attempts = 200
	for range attempts {
		first, err := net.ListenUDP("udp", loopback(0))
		if err != nil {
			return 0, err
		}
		port := first.LocalAddr().(*net.UDPAddr).Port &^ 1
		_ = first.Close()
		if runFree(port, n) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no %d free ports in a row", n)
}

func runFree(port, n int) bool {
	for p := port; p < port+n; p++ {
		c, err := net.ListenUDP("udp", loopback(p))
		if err != nil {
			return false
		}
		_ = c.Close()
	}
	return true
}

// udpTaken reports whether a program holds a port, without touching it.
func udpTaken(port int) bool {
	table, err := os.ReadFile("/proc/net/udp")
	return err == nil && bytes.Contains(table, fmt.Appendf(nil, ":%04X 00000000:0000", port))
}

func tcpAccepts(port int) bool {
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}
