package window

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/test/peers"
)

const (
	patience = 40 * time.Second // for what must happen; nothing waits that long when all is well
	tick     = 100 * time.Millisecond
)

// cache is where the program and the screenshots are put.
const cache = "../.cache/window"

// build makes the program with the race detector if this test has it. The program stands apart from FyneApp.toml, whose
// fyneDo flag would switch off Fyne's check that the window is changed on the main goroutine only.
var build = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs(filepath.Join(cache, "callcast"))
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", fmt.Sprintf("-race=%t", raced), "-o", path, "callcast").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return path, nil
})

// desk is a machine to run the program on: a home directory, a configuration and a display.
type desk struct {
	t       *testing.T
	home    string
	config  string
	display string
	locale  string
	rest    int // port
	rtmp    int
	sip     int
	media   int // the first port
}

const mediaPorts = 32

func newDesk(t *testing.T) *desk {
	t.Helper()
	first := peers.FreePorts(t, 4+mediaPorts)
	d := &desk{
		t: t, home: t.TempDir(), display: newDisplay(t, "1280x800"), locale: "en_US.UTF-8",
		rest: first, rtmp: first + 1, sip: first + 2, media: first + 4,
	}
	d.config = filepath.Join(d.home, "callcast.yaml")
	text := fmt.Sprintf("rest_port: %d\nrtmp_port: %d\nwebrtc_host: 127.0.0.1\nwebrtc_port: 0\nws_port: 0\nwss_port: 0\nsip_host: 127.0.0.1\nsip_port: %d\nmedia_port_from: %d\nmedia_port_to: %d\n",
		d.rest, d.rtmp, d.sip, d.media, d.media+mediaPorts-1)
	require.NoError(t, os.WriteFile(d.config, []byte(text), 0o600))
	return d
}

// program is the running program.
type program struct {
	t    *testing.T
	desk *desk
	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

// start runs the program, and returns it with its window on the display.
func (d *desk) start(args ...string) (*program, *operator) {
	d.t.Helper()
	path, err := build()
	require.NoError(d.t, err)
	p := &program{t: d.t, desk: d, done: make(chan struct{})}
	out, err := os.CreateTemp(d.home, "log")
	require.NoError(d.t, err)
	p.log = out.Name()
	p.cmd = exec.Command(path, append([]string{"--config", d.config}, args...)...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = d.home, out, out
	p.cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + d.home, "XDG_RUNTIME_DIR=" + d.home, "DISPLAY=" + d.display,
		"LC_ALL=" + d.locale, "LIBGL_ALWAYS_SOFTWARE=1", "FYNE_SCALE=1",
		"PULSE_SERVER=" + os.Getenv("PULSE_SERVER"),
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(d.t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait()
		_ = out.Close()
		close(p.done)
	}()
	o := newOperator(d)
	d.t.Cleanup(func() { p.kill(o) })
	o.awaitWindow()
	return p, o
}

// kill ends a program that the test has left behind, and shows what it said if the test failed.
func (p *program) kill(o *operator) {
	if p.t.Failed() {
		o.screenshot("failed")
		p.t.Logf("the program said:\n%s", p.said())
	}
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop asks the program to end, as a service manager does, and requires that it does so in good order.
func (p *program) stop() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // it says where it hangs
		<-p.done
		require.FailNow(p.t, "the program does not end")
	}
	require.Zero(p.t, p.cmd.ProcessState.ExitCode(), "exit code")
	p.unharmed()
}

// unharmed requires that nothing went wrong inside the program, whatever the window showed.
func (p *program) unharmed() {
	p.t.Helper()
	said := p.said()
	for _, fault := range []string{"Error in Fyne call thread", "panic", "DATA RACE"} {
		require.NotContains(p.t, said, fault)
	}
}

func (p *program) said() string {
	text, err := os.ReadFile(p.log)
	require.NoError(p.t, err)
	return string(text)
}

// call is what REST tells of a call.
type call struct {
	Status, Callee, StreamName, RTMPURL, RTMPStream, RTMPStreamStatus string
	HasAudio, HasVideo                                                bool
}

// calls are the live calls, by REST.
func (p *program) calls() []call {
	response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/rest-api/call/find_all", p.desk.rest))
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	var calls []call
	if response.StatusCode == http.StatusOK {
		_ = json.NewDecoder(response.Body).Decode(&calls)
	}
	return calls
}

// awaitCall waits for the one call there is to be up and on air.
func (p *program) awaitCall() call {
	p.t.Helper()
	var calls []call
	require.Eventually(p.t, func() bool {
		calls = p.calls()
		return len(calls) == 1 && calls[0].Status == "ESTABLISHED" && calls[0].RTMPStreamStatus == "RTMP_STREAM_ACTIVE"
	}, patience, tick, "the call is not on air: %+v", &calls)
	return calls[0]
}

// awaitNoCall waits for the last call to end.
func (p *program) awaitNoCall() {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return strings.Contains(p.said(), "ending=") && len(p.calls()) == 0 },
		patience, tick, "the call does not end")
}
