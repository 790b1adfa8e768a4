package interop

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
	"callcast/test/peers"
)

// TestProgram runs the program itself, as it is started from a shell.
func TestProgram(t *testing.T) {
	binary := peers.BuildCallcast(t)
	t.Run("demo", func(t *testing.T) {
		t.Parallel()
		programDemo(t, binary)
	})
	t.Run("version", func(t *testing.T) {
		out, err := exec.Command(binary, "--version").Output()
		require.NoError(t, err)
		require.Regexp(t, `^callcast \S+\n$`, string(out))
	})
	for name, arg := range map[string]string{"unknown flag": "--windowless", "stray argument": "start"} {
		t.Run(name, func(t *testing.T) {
			code, said := fails(t, exec.Command(binary, arg))
			require.Equal(t, 2, code)
			require.Contains(t, said, strings.TrimLeft(arg, "-"))
			require.Contains(t, said, "-", "it tells what there is")
		})
	}
	t.Run("broken configuration", func(t *testing.T) {
		p := peers.StartCallcast(t, binary, "rest_port: 99999\nrtmp_prot: 1935\n", nil)
		require.Equal(t, 2, p.ExitCode(t, patience))
		for _, want := range []string{
			"callcast.yaml", `line 1: rest_port "99999": give a port from 1 to 65535, or 0 for any free one`, `line 2: "rtmp_prot" is not a setting: did you mean "rtmp_port"?`,
		} {
			require.Contains(t, p.Output(t), want)
		}
	})
	for _, setting := range []string{"rest_port", "rtmp_port", "webrtc_port", "ws_port", "wss_port", "sip_port"} {
		t.Run(setting+" taken", func(t *testing.T) {
			t.Parallel()
			programWithout(t, binary, setting)
		})
	}
	t.Run("rtmps", func(t *testing.T) { programSecure(t, binary) })
}

// freely is a configuration that takes free ports, but for the settings given.
func freely(t testing.TB, settings map[string]int) string {
	t.Helper()
	const calls = 4
	first := peers.FreePorts(t, 4*calls)
	all := map[string]int{
		"rest_port": 0, "rtmp_port": 0, "webrtc_port": 0, "ws_port": 0, "wss_port": 0, "sip_port": 0,
		"media_port_from": first, "media_port_to": first + 4*calls - 1,
	}
	var b strings.Builder
	for key, value := range all {
		if other, ok := settings[key]; ok {
			value = other
		}
		fmt.Fprintf(&b, "%s: %d\n", key, value)
	}
	return b.String() + "sip_host: 127.0.0.1\nwebrtc_host: 127.0.0.1\n"
}

// client reaches a program through its REST interface.
func client(t testing.TB, p *peers.Callcast) *gatewayUnderTest {
	t.Helper()
	return &gatewayUnderTest{rest: p.WaitFor(t, `REST +(http://\S+)/rest-api`, patience)}
}

// programDemo puts the demo on air, adds a call, and ends both by SIGTERM.
func programDemo(t *testing.T, binary string) {
	phone := startPhone(t, demophone.Params{})
	p := peers.StartCallcast(t, binary, freely(t, nil), nil, "--demo")
	g := client(t, p)
	g.waitFor(t, "demo", "status", "ESTABLISHED", patience)
	g.waitFor(t, "demo", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	g.dial(t, "second", phone.URI(), nil)
	g.waitFor(t, "second", "status", "ESTABLISHED", patience)
	p.WaitFor(t, `second +sip:\S+ +ESTABLISHED`, patience)
	require.Equal(t, demophone.Established, phone.Calls()[0].State)

	require.Zero(t, p.Stop(t, patience))
	require.Eventually(t, func() bool { return phone.Calls()[0].State == demophone.Ended }, patience, 10*time.Millisecond,
		"it said BYE")
	requireQuiet(t, p)
}

// programWithout takes a port away before the program starts.
func programWithout(t *testing.T, binary, setting string) {
	port := peers.FreePorts(t, 1)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	l, err := net.Listen("tcp", address)
	require.NoError(t, err)
	defer func() { _ = l.Close() }()

	p := peers.StartCallcast(t, binary, freely(t, map[string]int{setting: port}), nil, "--demo")
	p.WaitFor(t, fmt.Sprintf(`%s "%s": another program listens there; stop that program or change %s`, setting, address, setting), patience)
	p.WaitFor(t, `demo +sip:\S+ +ESTABLISHED`, patience)
	require.Zero(t, p.Stop(t, patience))
	requireQuiet(t, p)
}

// programSecure publishes to a server whose certificate the system trusts or not.
func programSecure(t *testing.T, binary string) {
	const onAir = 6 * time.Second
	nginx := peers.StartNginx(t)
	front := peers.StartTLSFront(t, nginx.Address())
	phone := startPhone(t, demophone.Params{})
	push := map[string]any{"rtmpUrl": "rtmps://" + front.Address + "/rec", "rtmpStream": "safe"}

	trusting := peers.StartCallcast(t, binary, freely(t, nil), []string{"SSL_CERT_FILE=" + front.CAFile})
	g := client(t, trusting)
	g.dial(t, "safe", phone.URI(), push)
	g.waitFor(t, "safe", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	time.Sleep(onAir)
	require.Zero(t, trusting.Stop(t, patience))
	requireClip(t, recorded(t, nginx, "safe"), onAir-2*time.Second)

	wary := peers.StartCallcast(t, binary, freely(t, nil), nil)
	g = client(t, wary)
	g.dial(t, "safe", phone.URI(), push)
	g.waitFor(t, "safe", "rtmpStreamStatus", "RTMP_CONNECTION_FAILED", patience)
	wary.WaitFor(t, "certificate signed by unknown authority", patience)
	require.Equal(t, "ESTABLISHED", g.find(t, "safe")["status"], "the call lives on")
	require.Zero(t, wary.Stop(t, patience))
	require.Len(t, nginx.Recordings(t, "rtmp_safe"), 1, "nothing arrived")
}

// fails runs a command that must fail and returns its exit code and what it said.
func fails(t testing.TB, cmd *exec.Cmd) (code int, said string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	return exit.ExitCode(), string(out)
}

// requireQuiet fails if the program panicked or found a race.
func requireQuiet(t testing.TB, p *peers.Callcast) {
	t.Helper()
	require.NotContains(t, p.Output(t), "msg=panic")
	require.NotContains(t, p.Output(t), "DATA RACE")
}
