package peers

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// note keeps an event of the DevTools protocol that is a word from the page or one of its WebSocket messages.
func (p *Page) note(event string, params json.RawMessage) {
	var e struct {
		Type             string
		Args             []struct{ Value, Description any }
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
		Entry    struct{ Level, Text, URL string }
		Response struct{ PayloadData string }
	}
	if json.Unmarshal(params, &e) != nil {
		return
	}
	var line string
	switch event {
	case "Runtime.consoleAPICalled":
		line = e.Type
		for _, arg := range e.Args {
			if arg.Value == nil {
				arg.Value = arg.Description
			}
			line += fmt.Sprint(" ", arg.Value)
		}
	case "Runtime.exceptionThrown":
		line = "exception " + e.ExceptionDetails.Text + " " + e.ExceptionDetails.Exception.Description
	case "Log.entryAdded":
		line = e.Entry.Level + " " + e.Entry.Text + " " + e.Entry.URL
	case "Network.webSocketFrameSent":
		line = "> " + e.Response.PayloadData
	case "Network.webSocketFrameReceived":
		line = "< " + e.Response.PayloadData
	default:
		return
	}
	const longest = 400
	p.console = append(p.console, line[:min(len(line), longest)])
}

// WaitConsole waits until the page has logged something that contains a text.
func (p *Page) WaitConsole(t testing.TB, text string) {
	t.Helper()
	require.Eventually(t, func() bool {
		p.Eval(t, "1", nil) // events come with answers
		return slices.ContainsFunc(p.console, func(line string) bool { return strings.Contains(line, text) })
	}, patience, 50*time.Millisecond, "the page does not say %q", text)
}
