package window

import (
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// operator is who sits before the window.
type operator struct {
	t       *testing.T
	display string
	shots   string // directory
}

func newOperator(d *desk) *operator {
	o := &operator{t: d.t, display: d.display, shots: filepath.Join(cache, d.t.Name())}
	require.NoError(d.t, os.MkdirAll(o.shots, 0o755))
	return o
}

// awaitWindow waits for the window and gives it the keyboard; there is no window manager that would.
func (o *operator) awaitWindow() {
	o.t.Helper()
	id := strings.TrimSpace(o.xdotool("search", "--sync", "--onlyvisible", "--name", "^Callcast$"))
	o.xdotool("windowfocus", "--sync", id)
	require.Eventually(o.t, func() bool { return o.screenshot("start").run(primary).Dx() > 0 }, patience, tick,
		"the window stays empty")
}

func (o *operator) xdotool(args ...string) string {
	o.t.Helper()
	cmd := exec.Command("timeout", append([]string{strconv.Itoa(int(patience.Seconds())), "xdotool"}, args...)...)
	cmd.Env = append(os.Environ(), "DISPLAY="+o.display)
	out, err := cmd.CombinedOutput()
	require.NoError(o.t, err, "xdotool %v: %s", args, out)
	return string(out)
}

// press presses keys one after the other, each maybe together with others: "ctrl+Return".
func (o *operator) press(keys ...string) {
	o.t.Helper()
	o.xdotool(append([]string{"key", "--delay", "30"}, keys...)...)
}

// overwrite replaces what stands in the entry that has the focus.
func (o *operator) overwrite(text string) {
	o.t.Helper()
	o.press("ctrl+a", "BackSpace")
	if text != "" {
		o.write(text)
	}
}

func (o *operator) write(text string) {
	o.t.Helper()
	o.xdotool("type", "--delay", "12", text)
}

// click clicks into the middle of what was found on a screenshot.
func (o *operator) click(place image.Rectangle) {
	o.t.Helper()
	require.False(o.t, place.Empty(), "there is nothing to click on")
	middle := place.Min.Add(place.Max).Div(2)
	o.xdotool("mousemove", strconv.Itoa(middle.X), strconv.Itoa(middle.Y), "click", "1")
}

// screenshot shows what the operator sees.
func (o *operator) screenshot(name string) shot {
	o.t.Helper()
	path := filepath.Join(o.shots, name+".png")
	cmd := exec.Command("import", "-display", o.display, "-window", "root", "-depth", "8", "PNG24:"+path)
	out, err := cmd.CombinedOutput()
	require.NoError(o.t, err, "import: %s", out)
	file, err := os.Open(path)
	require.NoError(o.t, err)
	defer file.Close()
	picture, err := png.Decode(file)
	require.NoError(o.t, err)
	return shot{picture}
}
