package ui

import (
	"log/slog"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"callcast/assets"
	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/screen"
	"callcast/ui/theme"
)

// Sizes of the window at first.
const (
	windowWidth  = 1280
	windowHeight = 800
	monitorShare = 0.54 // of the height beside the form; the tables have the rest
)

// Params is what a Console needs.
type Params struct {
	App            fyne.App
	API            gateway.API
	Secrets        SecretStore
	Defaults       FormDefaults
	RTMPNamePrefix string            // as configured; shown in the publish address
	Configured     []gateway.Account // that the gateway registers by its configuration
	// Notify shows the operator a notification outside the window. It is called on goroutines other than the main one and
	// returns in bounded time; nil shows none.
	Notify func(title, text string)
	// Ring starts and ends the ringing that is heard. It is called on the main goroutine and returns at once; nil rings
	// silently.
	Ring func(on bool)
	// Leave is told that the console begins to leave, perhaps twice. It is called on any goroutine and returns at once;
	// nil is not told.
	Leave   func()
	Version string
	Log     *slog.Logger
}

// SecretStore keeps passwords and stream keys between runs.
type SecretStore = model.SecretStore

// FormDefaults are the values the form starts with.
type FormDefaults = screen.Defaults

// Console is the operator console.
type Console struct {
	app      fyne.App
	window   fyne.Window
	post     func(func())
	leaving  atomic.Bool
	onLeave  func()
	model    *model.Model
	form     *screen.Form
	monitor  *screen.Monitor
	streams  *screen.Streams
	accounts *screen.Accounts
	ladder   *screen.Ladder
	ringing  *screen.Ringing
	bell     *screen.Bell
	tabs     *screen.Tabs
	status   *screen.StatusBar
}

// New makes the console's window without showing it. Start fills it.
func New(p Params) *Console { return newConsole(p, onMain) }

// onMain is the only way onto the main goroutine.
func onMain(f func()) { fyne.Do(f) }

func newConsole(p Params, post func(func())) *Console {
	if err := lang.AddTranslationsFS(assets.Translations, "translations"); err != nil {
		p.Log.Error("the translations cannot be read", "err", err)
	}
	p.App.Settings().SetTheme(theme.Console{})
	p.App.SetIcon(fyne.NewStaticResource("icon.png", assets.Icon))
	c := &Console{app: p.App, window: p.App.NewWindow("Callcast"), post: post, onLeave: p.Leave}
	if c.onLeave == nil {
		c.onLeave = func() {}
	}
	c.model = model.New(model.Params{API: p.API, Secrets: p.Secrets, Post: c.postNews, Log: p.Log, Configured: p.Configured})
	c.model.OnChange = c.update
	c.model.OnPicture = func(picture model.Picture) { c.monitor.ShowPicture(picture) }
	c.model.OnSelfView = func(picture model.Picture) { c.monitor.ShowSelfView(picture) }
	c.form = screen.NewForm(screen.FormParams{
		Model:      c.model,
		Memory:     screen.Memory{Preferences: p.App.Preferences(), Model: c.model, Defaults: p.Defaults},
		NamePrefix: p.RTMPNamePrefix,
		Focus:      func(o fyne.Focusable) { c.window.Canvas().Focus(o) },
		OnShortcut: c.shortcut,
	})
	c.monitor = screen.NewMonitor(c.model, c.window)
	c.streams = screen.NewStreams(screen.StreamsParams{
		Model:      c.model,
		Targets:    screen.SavedTargets{Preferences: p.App.Preferences(), Model: c.model},
		NamePrefix: p.RTMPNamePrefix,
		Window:     c.window,
		Copy:       func(text string) { p.App.Clipboard().SetContent(text) },
	})
	c.accounts = screen.NewAccounts(screen.AccountsParams{
		Model:  c.model,
		Saved:  screen.SavedAccounts{Preferences: p.App.Preferences(), Model: c.model, Off: p.Defaults.Pinned},
		Window: c.window,
	})
	c.ladder = screen.NewLadder(c.model, func(text string) { p.App.Clipboard().SetContent(text) })
	c.ringing = screen.NewRinging(screen.RingingParams{
		Model: c.model, Window: c.window, Notify: c.notifier(p.Notify), Target: c.form.Target,
	})
	c.tabs = screen.NewTabs(c.model, c.streams, c.accounts, c.ladder)
	c.bell = screen.NewBell(c.model, p.App.Preferences(), p.Ring)
	c.status = screen.NewStatusBar(c.model, p.Version, c.bell.Content())
	c.build()
	return c
}

func (c *Console) build() {
	right := container.NewVSplit(c.monitor.Content(), c.tabs.Content())
	right.SetOffset(monitorShare)
	left := container.NewHBox(c.form.Content(), widget.NewSeparator())
	// The order of the objects is that of the focus.
	ringable := container.NewStack(right, c.ringing.Content())
	c.window.SetContent(container.New(layout.NewBorderLayout(nil, c.status.Content(), left, nil), left, ringable, c.status.Content()))
	c.window.Resize(fyne.NewSize(windowWidth, windowHeight))
	c.window.SetMaster()
	c.window.SetCloseIntercept(c.closing)
	c.window.Canvas().SetOnTypedRune(func(r rune) {
		if !c.asking() {
			c.monitor.TypedRune(r)
		}
	})
	for _, s := range c.shortcuts() {
		c.window.Canvas().AddShortcut(s.keys, c.shortcut)
	}
}

// Window is the console's window.
func (c *Console) Window() fyne.Window { return c.window }

// Start subscribes to the gateway. What changes is shown from then on.
func (c *Console) Start() {
	c.model.Start()
	c.form.Recall()
	c.accounts.Restore()
}

// notifier shows notifications away from the main goroutine, which does not wait for the desktop.
func (c *Console) notifier(notify func(title, text string)) func(title, text string) {
	return func(title, text string) {
		if notify != nil {
			c.model.Do(func() { notify(title, text) })
		}
	}
}

// Close unsubscribes from the gateway and joins the console's goroutines. The window may be closed after it.
func (c *Console) Close() { c.model.Close() }

// postNews posts what changes the window, which is left as it is once the console is leaving: Fyne ends its loop by
// itself on SIGTERM, and runs what is posted after that on the goroutine that posts it.
func (c *Console) postNews(f func()) {
	c.post(func() {
		if !c.leaving.Load() {
			f()
		}
	})
}

// Leave stops showing news. It may be called from any goroutine.
func (c *Console) Leave() {
	c.leaving.Store(true)
	c.onLeave()
}

// Quit closes the console and then the app. Only the main goroutine may call it: once the app's loop has ended, by a
// signal say, nobody else may touch the app.
func (c *Console) Quit() {
	c.Leave()
	c.Close()
	c.app.Quit()
}

func (c *Console) update(change model.Change) {
	c.monitor.Update(change)
	c.tabs.Update(change)
	c.status.Update(change)
	c.ringing.Update(change)
	c.bell.Update()
}

// closing asks before it takes calls off air: the gateway stops with its console.
func (c *Console) closing() {
	calls := len(c.model.Calls())
	if calls == 0 {
		c.Quit()
		return
	}
	question := lang.N("{{.N}} calls are up. Close Callcast and hang up?", calls, map[string]any{"N": calls})
	ask := dialog.NewConfirm(lang.L("Close Callcast"), question, func(yes bool) {
		if yes {
			c.Quit()
		}
	}, c.window)
	ask.SetConfirmText(lang.L("Close and hang up"))
	ask.SetDismissText(lang.L("Stay"))
	ask.Show()
}

// shortcut is one combination of keys that works everywhere in the window.
type shortcut struct {
	keys *desktop.CustomShortcut
	do   func()
}

func (c *Console) shortcuts() []shortcut {
	control := func(key fyne.KeyName) *desktop.CustomShortcut {
		return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierControl}
	}
	return []shortcut{
		{control(fyne.KeyReturn), c.form.Call},
		{control(fyne.KeyEnter), c.form.Call},
		{control(fyne.KeyH), c.monitor.HangUp},
		{control(fyne.KeyK), c.monitor.ToggleKeypad},
		{control(fyne.KeyT), c.form.Test},
		{control(fyne.KeyL), c.copyLink},
		{control(fyne.KeyR), c.streams.ShowCode},
		{control(fyne.KeyP), c.streams.PushTo},
		{control(fyne.KeyI), c.streams.Inject},
		{control(fyne.KeyF), c.streams.Fetch},
		{control(fyne.KeyE), c.streams.Stop},
		{control(fyne.Key1), func() { c.tabs.Show(0) }},
		{control(fyne.Key2), func() { c.tabs.Show(1) }},
		{control(fyne.Key3), func() { c.tabs.Show(2) }},
		{control(fyne.Key4), func() { c.tabs.Show(3) }},
		{control(fyne.Key5), func() { c.tabs.Show(4) }},
		{control(fyne.KeyN), c.addAccount},
		{control(fyne.KeyG), c.ringing.Focus},
		{control(fyne.KeyD), c.monitor.ToggleHold},
		{control(fyne.KeyM), c.monitor.ToggleMute},
		{control(fyne.KeyJ), c.monitor.Transfer},
	}
}

// copyLink shows what it did, which stands among the streams.
func (c *Console) copyLink() {
	c.tabs.Show(1)
	c.streams.CopyLink()
}

// addAccount shows the accounts while it asks for one more.
func (c *Console) addAccount() {
	c.tabs.Show(3)
	c.accounts.Add()
}

// asking tells whether a dialog is open: it has the keyboard to itself.
func (c *Console) asking() bool { return c.window.Canvas().Overlays().Top() != nil }

// shortcut serves the window, and the entries, which keep its shortcuts to themselves while they have the focus.
func (c *Console) shortcut(typed fyne.Shortcut) {
	if c.asking() {
		return
	}
	for _, s := range c.shortcuts() {
		if s.keys.ShortcutName() == typed.ShortcutName() {
			s.do()
			return
		}
	}
}
