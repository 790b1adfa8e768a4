package ui

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	fynetest "fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
	"callcast/ui/widgets"
)

// patience is how long a test waits for what must happen; nothing waits that long when all is well.
const patience = 20 * time.Second

// bench is a console on the software driver. The test's goroutine is its main goroutine: what the console posts runs
// only while the test waits in until.
type bench struct {
	t       *testing.T
	fake    *gatewaytest.Fake
	app     fyne.App
	secrets *memorySecrets
	console *Console
	notices chan string // notifications
	rings   []bool      // what the bell was told
	posted  chan func()
}

func newBench(t *testing.T, defaults FormDefaults) *bench {
	t.Helper()
	b := unstarted(t, "en_US.UTF-8")
	b.start(defaults)
	return b
}

// unstarted is a bench whose console is not made yet.
func unstarted(t *testing.T, locale string) *bench {
	t.Helper()
	t.Setenv("LC_ALL", locale)
	t.Setenv("LANGUAGE", "")
	before := goleak.IgnoreCurrent()
	b := &bench{t: t, fake: gatewaytest.New(), secrets: &memorySecrets{}, posted: make(chan func(), 100), notices: make(chan string, 100)}
	b.app = fynetest.NewTempApp(t)
	t.Cleanup(func() {
		b.stop()
		require.Zero(t, b.fake.Subscribers(), "the console is still subscribed")
		require.Zero(t, b.fake.OpenPreviews(), "a preview is still open")
		goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("fyne.io/fyne/v2/internal/async.(*UnboundedChan[...]).processing"))
	})
	return b
}

func (b *bench) start(defaults FormDefaults) {
	b.console = newConsole(Params{
		App: b.app, API: b.fake, Secrets: b.secrets, Defaults: defaults, RTMPNamePrefix: "rtmp_", Version: "1.2.3", Log: slog.New(slog.DiscardHandler),
		Notify: func(title, text string) { b.notices <- title + ": " + text },
		Ring:   func(on bool) { b.rings = append(b.rings, on) },
	}, func(f func()) { b.posted <- f })
	b.console.Window().Show()
	b.console.Window().Resize(fyne.NewSize(windowWidth, windowHeight))
	b.console.Start()
}

func (b *bench) stop() {
	if b.console != nil {
		b.console.Close()
		b.console.Window().SetCloseIntercept(nil)
		b.console.Window().Close()
		b.console = nil
	}
}

// until runs what the console posts until the condition holds.
func (b *bench) until(what string, holds func() bool) {
	b.t.Helper()
	deadline := time.After(patience)
	for !holds() {
		select {
		case f := <-b.posted:
			f()
		case <-deadline:
			b.t.Fatalf("not seen: %s; shown: %q", what, b.texts())
		}
	}
}

// sees waits until some visible text is exactly this.
func (b *bench) sees(text string) {
	b.t.Helper()
	b.until(text, func() bool { return b.shows(text) })
}

func (b *bench) shows(text string) bool {
	return slices.Contains(b.texts(), text)
}

// shortcut presses a key together with Ctrl.
func (b *bench) shortcut(key fyne.KeyName) {
	b.console.Window().Canvas().(interface{ TypedShortcut(fyne.Shortcut) }).TypedShortcut(
		&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierControl})
}

// texts are all visible texts of the window.
func (b *bench) texts() []string {
	var texts []string
	b.walk(func(o fyne.CanvasObject) {
		switch w := o.(type) {
		case *widget.Label:
			texts = append(texts, w.Text)
		case *widget.Button:
			texts = append(texts, w.Text)
		case *widgets.KeyButton:
			texts = append(texts, w.Text)
		case interface{ Text() string }:
			texts = append(texts, w.Text())
		case interface{ Words() string }:
			texts = append(texts, w.Words())
		}
	})
	return texts
}

func (b *bench) walk(visit func(fyne.CanvasObject)) {
	walk(b.console.Window().Content(), visit)
	if top := b.console.Window().Canvas().Overlays().Top(); top != nil {
		walk(top, visit)
	}
}

func walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if !o.Visible() {
		return
	}
	visit(o)
	switch c := o.(type) {
	case *fyne.Container:
		for _, child := range c.Objects {
			walk(child, visit)
		}
	case fyne.Widget:
		for _, child := range fynetest.WidgetRenderer(c).Objects() {
			walk(child, visit)
		}
	}
}

// button finds a visible button by its words.
func (b *bench) button(text string) *widget.Button {
	b.t.Helper()
	var found *widget.Button
	b.walk(func(o fyne.CanvasObject) {
		if button, ok := o.(*widget.Button); ok && button.Text == text {
			found = button
		}
	})
	require.NotNil(b.t, found, "no button %q among %q", text, b.texts())
	return found
}

func (b *bench) tap(text string) {
	b.t.Helper()
	fynetest.Tap(b.button(text))
}

// memorySecrets is a secret store that forgets when the test ends.
type memorySecrets struct {
	mu     sync.Mutex
	values map[string]gateway.Secret
	broken bool
}

func (m *memorySecrets) Get(name string) (gateway.Secret, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return "", errors.New("the keyring is locked")
	}
	return m.values[name], nil
}

func (m *memorySecrets) Set(name string, s gateway.Secret) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return errors.New("the keyring is locked")
	}
	if m.values == nil {
		m.values = map[string]gateway.Secret{}
	}
	m.values[name] = s
	return nil
}

func (m *memorySecrets) has(name, value string) bool {
	got, _ := m.Get(name)
	return got.Reveal() == value
}
