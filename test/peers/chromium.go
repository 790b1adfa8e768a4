package peers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/stretchr/testify/require"
)

// Chromium is the browser, without a window.
type Chromium struct {
	process *process
	address string // host:port of its remote debugging
}

// StartChromium starts a browser that ends with the test. It reaches nothing but 127.0.0.1. Of flags given twice the
// browser takes the last.
func StartChromium(t testing.TB, flags ...string) *Chromium {
	t.Helper()
	dir := t.TempDir()
	flags = append([]string{
		"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
		"--autoplay-policy=no-user-gesture-required", "--window-size=1280,1600",
		"--remote-debugging-port=0", "--user-data-dir=" + dir,
	}, flags...)
	c := &Chromium{process: start(t, dir, "chromium", append(flags, "about:blank")...)}
	t.Cleanup(c.process.kill) // before its directory goes
	require.Eventually(t, func() bool {
		c.process.alive(t)
		text, err := os.ReadFile(filepath.Join(dir, "DevToolsActivePort"))
		port, _, whole := strings.Cut(string(text), "\n")
		c.address = "127.0.0.1:" + port
		return err == nil && whole
	}, patience, 20*time.Millisecond, "chromium does not start")
	return c
}

// Page is an open tab.
type Page struct {
	conn    *websocket.Conn
	sent    int
	console []string // what it logged, what went wrong in it, and its WebSocket messages
}

// Open opens a page in a tab of its own. The scripts given run in it before its own.
func (c *Chromium) Open(t testing.TB, address string, before ...string) *Page {
	t.Helper()
	p := c.tab(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s said:\n%s", address, tail(strings.Join(p.console, "\n")))
		}
	})
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.call(t, domain+".enable", nil, nil)
	}
	for _, script := range before {
		p.call(t, "Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": script}, nil)
	}
	p.load(t, address)
	return p
}

// load goes to an address, and waits until the page there is complete.
func (p *Page) load(t testing.TB, address string) {
	t.Helper()
	var went struct{ ErrorText string }
	p.call(t, "Page.navigate", map[string]any{"url": address}, &went)
	require.Empty(t, went.ErrorText, address)
	require.Eventually(t, func() bool {
		return p.Text(t, `location.href !== "about:blank" && document.readyState`) == "complete"
	}, patience, 20*time.Millisecond, "%s does not load", address)
}

// Reload loads the page anew. When it returns, nothing is left of the page as it was.
func (p *Page) Reload(t testing.TB) {
	t.Helper()
	p.load(t, p.Text(t, "location.href"))
}

// tab opens an empty tab.
func (c *Chromium) tab(t testing.TB) *Page {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+c.address+"/json/new?about:blank", nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	var tab struct{ WebSocketDebuggerURL string }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&tab))
	conn, handshake, err := websocket.Dial(t.Context(), tab.WebSocketDebuggerURL, nil)
	require.NoError(t, err)
	if handshake.Body != nil {
		_ = handshake.Body.Close()
	}
	conn.SetReadLimit(64 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &Page{conn: conn}
}

// Eval evaluates a JavaScript expression, waits for it if it is a promise, and stores its value in result, which may
// be nil.
func (p *Page) Eval(t testing.TB, expression string, result any) {
	t.Helper()
	var answer struct {
		Result struct {
			Value json.RawMessage
		}
		ExceptionDetails json.RawMessage
	}
	p.call(t, "Runtime.evaluate", map[string]any{
		"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true,
	}, &answer)
	require.Empty(t, string(answer.ExceptionDetails), "%s", expression)
	if result != nil {
		require.NoError(t, json.Unmarshal(answer.Result.Value, result), "%s", expression)
	}
}

// Text evaluates an expression that is a string.
func (p *Page) Text(t testing.TB, expression string) string {
	t.Helper()
	var s string
	p.Eval(t, "String("+expression+")", &s)
	return s
}

// Press types a key.
func (p *Page) Press(t testing.TB, key string) {
	t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		p.call(t, "Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "text": key}, nil)
	}
}

// call sends a command of the DevTools protocol and waits for its answer. Of the events before it, it keeps what the
// page says.
func (p *Page) call(t testing.TB, method string, params, result any) {
	t.Helper()
	const longest = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	p.sent++
	require.NoError(t, wsjson.Write(ctx, p.conn, map[string]any{"id": p.sent, "method": method, "params": params}))
	for {
		var m struct {
			ID     int
			Method string
			Params json.RawMessage
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		require.NoError(t, wsjson.Read(ctx, p.conn, &m), "%s", method)
		if m.ID != p.sent {
			p.note(m.Method, m.Params)
			continue
		}
		require.Nil(t, m.Error, fmt.Sprint(method, ": ", m.Error))
		if result != nil {
			require.NoError(t, json.Unmarshal(m.Result, result))
		}
		return
	}
}
