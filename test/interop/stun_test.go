package interop

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// A network of our own: the gateway at home, behind a NAT that changes every port, and the world.
const (
	homeIP, natIP, worldIP = "10.9.0.2", "198.51.100.1", "203.0.113.5"

	sipAtHome   = 5060
	mediaAtHome = 30000
	callsMedia  = 8 // ports of the calls
	shift       = 10000

	ownNetwork = "CALLCAST_TEST_NETWORK"
)

// TestMediaPortsBehindNAT: a softphone that sends to where the description says hears a gateway behind a NAT and is heard, in a
// call that is placed and in one that comes in.
func TestMediaPortsBehindNAT(t *testing.T) {
	if os.Getenv(ownNetwork) == "" {
		runInOwnNetwork(t)
		return
	}
	layNetwork(t)
	server := startSTUN(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Host: worldIP, Play: time.Minute})
	g := startGateway(t, func(c *gateway.Config) {
		c.SIP.Host, c.SIP.Port, c.SIP.STUN = homeIP, sipAtHome, server
		c.SIP.Rules = []gateway.AnswerRule{{Callee: "desk", Stream: "call"}}
		c.RTP = gateway.RTPConfig{PortMin: mediaAtHome, PortMax: mediaAtHome + callsMedia - 1}
		c.Media.SoundDir = tones(t)
	})
	for _, begin := range []func(){
		func() {
			g.dial(t, "call", "bob", map[string]any{"sipDomain": fmt.Sprintf("%s:%d", worldIP, phone.Port)})
		},
		func() { phone.Dial(t, fmt.Sprintf("sip:desk@%s:%d", natIP, sipAtHome+shift)) },
	} {
		begin()
		require.Eventually(t, func() bool {
			calls := g.api.Snapshot().Calls
			return len(calls) == 1 && calls[0].Status == gateway.CallEstablished && calls[0].Video.Packets > 0
		}, patience, 20*time.Millisecond)
		id := g.onlyCall(t).ID
		g.ok(t, "/call/inject_sound", map[string]any{"callId": id, "fileName": "tone.wav"})
		recording := filepath.Join(t.TempDir(), "air.flv")
		require.NoError(t, content.Record(t.Context(), "rtmp://"+g.rtmp+"/live/call", recording, 10*time.Second))
		share, err := content.Tone(t.Context(), recording, phoneTone)
		require.NoError(t, err)
		require.Greater(t, share, 0.95, "share of what is on air in which the softphone's tone sounds")
		g.hangUp(t, id)
		share, err = content.Tone(t.Context(), phone.Heard(t), 440)
		require.NoError(t, err)
		require.Greater(t, share, 0.6, "share of what the softphone heard in which our tone sounds")
	}
}

// runInOwnNetwork runs the test again where it may lay a network.
func runInOwnNetwork(t *testing.T) {
	t.Helper()
	unshare := []string{"--net"}
	if os.Geteuid() != 0 {
		unshare = append(unshare, "--map-root-user")
	}
	out, err := exec.CommandContext(t.Context(), "unshare", append(unshare, "true")...).CombinedOutput()
	require.NoError(t, err, "no network of our own can be laid; run as root, or allow user namespaces: %s", out)
	again := append(unshare, os.Args[0], "-test.v", "-test.count=1", "-test.run=^"+t.Name()+"$")
	cmd := exec.CommandContext(t.Context(), "unshare", again...)
	cmd.Env = append(os.Environ(), ownNetwork+"=1")
	out, err = cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name())
}

// layNetwork puts the three addresses on this machine, and a NAT between the first and the others.
func layNetwork(t *testing.T) {
	t.Helper()
	run := func(input string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
	}
	run("", "ip", "link", "set", "lo", "up")
	for _, ip := range []string{homeIP, natIP, worldIP} {
		run("", "ip", "address", "add", ip+"/32", "dev", "lo")
	}
	var out, in strings.Builder
	nat := func(home int) {
		fmt.Fprintf(&out, "ip saddr %s udp sport %d snat to %s:%d;\n", homeIP, home, natIP, home+shift)
		fmt.Fprintf(&in, "ip daddr %s udp dport %d dnat to %s:%d;\n", natIP, home+shift, homeIP, home)
	}
	nat(sipAtHome)
	for n := range callsMedia {
		nat(mediaAtHome + n)
	}
	run(fmt.Sprintf("table ip nat {\nchain out { type nat hook postrouting priority 100;\n%s}\n"+
		"chain in { type nat hook output priority -100;\n%s}\n}\n", &out, &in), "nft", "-f", "-")
}

// startSTUN starts a STUN server in the world, which tells everybody where they come from, and returns its address.
func startSTUN(t *testing.T) string {
	t.Helper()
	const cookie, headerSize = 0x2112a442, 20
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(worldIP), Port: 3478})
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			if n < headerSize || binary.BigEndian.Uint16(b) != 1 {
				continue
			}
			ip := from.Addr().Unmap().As4()
			answer := append([]byte{1, 1, 0, 12}, b[4:headerSize]...)
			answer = binary.BigEndian.AppendUint16(append(answer, 0, 0x20, 0, 8, 0, 1), from.Port()^cookie>>16)
			answer = binary.BigEndian.AppendUint32(answer, binary.BigEndian.Uint32(ip[:])^cookie)
			_, _ = conn.WriteToUDPAddrPort(answer, from)
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return conn.LocalAddr().String()
}
