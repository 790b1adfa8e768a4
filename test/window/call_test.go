package window

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway/demophone"
	"callcast/test/peers"
)

func newPhone(t *testing.T, p demophone.Params) *demophone.Phone {
	t.Helper()
	p.Log = slog.New(slog.DiscardHandler)
	phone, err := demophone.New(p)
	require.NoError(t, err)
	require.NoError(t, phone.Start())
	t.Cleanup(phone.Close)
	return phone
}

// fill types a whole call into the form, from its first field on, with the Tab key only.
func (o *operator) fill(d *desk, password string, phone *demophone.Phone) {
	o.t.Helper()
	server := strings.TrimPrefix(phone.URI(), "sip:demo@")
	host, port, _ := strings.Cut(server, ":")
	for _, step := range []string{
		"operator", "", password, host, "", port, "=transport", "=register", "=more", "demo",
		"studio", fmt.Sprintf("rtmp://127.0.0.1:%d/live", d.rtmp), "=test", "key1",
	} {
		o.press("Tab")
		if !strings.HasPrefix(step, "=") {
			o.overwrite(step)
		}
	}
}

// awaitPhone waits until the phone's newest call is in a state.
func awaitPhone(t *testing.T, phone *demophone.Phone, calls int, state demophone.State) demophone.CallInfo {
	t.Helper()
	var seen []demophone.CallInfo
	require.Eventually(t, func() bool {
		seen = phone.Calls()
		return len(seen) == calls && seen[calls-1].State == state
	}, patience, tick, "the phone's call is not %v: %+v", state, &seen)
	return seen[calls-1]
}

// watch looks at the preview until its picture and its meter have moved.
func (o *operator) watch() {
	o.t.Helper()
	frames, levels := map[int]bool{}, map[int]bool{}
	require.Eventually(o.t, func() bool {
		s := o.screenshot("on air")
		if number, ok := s.frame(); ok {
			frames[number] = true
		}
		if level := s.level(); level > 0 {
			levels[level] = true
		}
		return len(frames) >= 3 && len(levels) >= 3
	}, patience, tick, "frames seen: %v, levels seen: %v", &frames, &levels)
}

// TestCall is the operator's day: a call typed in, watched, keyed into and hung up, and the next one with what the
// console remembers of it after a restart.
func TestCall(t *testing.T) {
	leaks(t)
	phone := newPhone(t, demophone.Params{Auth: &demophone.Credentials{User: "operator", Password: "open sesame"}})
	d := newDesk(t)
	p, o := d.start()
	o.fill(d, "open sesame", phone)
	o.screenshot("filled")
	o.press("ctrl+Return")
	up := p.awaitCall()
	require.Equal(t, call{
		Status: "ESTABLISHED", Callee: "demo", StreamName: "studio", HasAudio: true, HasVideo: true,
		RTMPURL: fmt.Sprintf("rtmp://127.0.0.1:%d/live", d.rtmp), RTMPStream: "key1", RTMPStreamStatus: "RTMP_STREAM_ACTIVE",
	}, up)
	awaitPhone(t, phone, 1, demophone.Established)
	o.watch()
	require.Zero(t, o.screenshot("on air").trouble())

	o.press("ctrl+k")
	o.write("15#")
	require.Eventually(t, func() bool { return phone.Calls()[0].Tones == "15#" }, patience, tick, "tones")
	o.screenshot("keypad")
	o.press("ctrl+k", "ctrl+h")
	awaitPhone(t, phone, 1, demophone.Ended)
	p.awaitNoCall()
	o.screenshot("over")
	p.stop()

	p, o = d.start()
	o.click(o.screenshot("remembered").run(primary))
	p.awaitCall()
	awaitPhone(t, phone, 2, demophone.Established)
	o.watch()
	p.stop()
	awaitPhone(t, phone, 2, demophone.Ended)
	require.NotContains(t, p.said(), "open sesame")
	requireNowhere(t, d.home, "open sesame")
}

// requireNowhere requires that no file below a directory holds a text.
func requireNowhere(t *testing.T, dir, text string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		require.NotContains(t, string(content), text, path)
		files++
		return err
	})
	require.NoError(t, err)
	require.NotZero(t, files)
}

// leaks fails the test if it leaves goroutines behind.
func leaks(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		peers.RequireNoLeak(t, before)
	})
}
