package window

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
)

func TestTakenPortsAreShownAndTheRestRuns(t *testing.T) {
	leaks(t)
	d := newDesk(t)
	for _, port := range []int{d.rest, d.rtmp} {
		other, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		require.NoError(t, err)
		defer other.Close()
	}
	p, o := d.start("--demo")
	o.watch()
	require.NotZero(t, o.screenshot("ports").trouble(), "the status bar is not red")
	p.stop()
	require.Contains(t, p.said(), `level=ERROR msg="port cannot be opened" name=rest`)
	require.Contains(t, p.said(), `level=ERROR msg="RTMP port"`)
}

func TestWrongPasswordIsTold(t *testing.T) {
	leaks(t)
	phone := newPhone(t, demophone.Params{Auth: &demophone.Credentials{User: "operator", Password: "open sesame"}})
	d := newDesk(t)
	p, o := d.start()
	o.fill(d, "guess", phone)
	o.press("ctrl+Return")
	p.awaitNoCall()
	require.Contains(t, p.said(), "ending=auth")
	require.Eventually(t, func() bool { return o.screenshot("refused").run(bad).Dx() > 100 }, patience, tick,
		"there is no red lamp")
	p.stop()
}

func TestDemo(t *testing.T) {
	leaks(t)
	d := newDesk(t)
	p, o := d.start("--demo")
	p.awaitCall()
	for until := time.Now().Add(15 * time.Second); time.Now().Before(until); {
		o.watch()
	}
	p.unharmed()
	p.stop()
}
