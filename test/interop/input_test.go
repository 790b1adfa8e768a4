package interop

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
)

// refused sends a request that must be refused with a message that names the field.
func (g *gatewayUnderTest) refused(t testing.TB, path string, body any, status int, field string) {
	t.Helper()
	got, text := g.post(t, path, body)
	requireRefusal(t, got, text, status, field)
}

func requireRefusal(t testing.TB, got int, text []byte, status int, field string) {
	t.Helper()
	require.Equal(t, status, got, "%s", text)
	var answer struct {
		Message string
		Status  int
	}
	require.NoError(t, json.Unmarshal(text, &answer), "%s", text)
	require.Equal(t, status, answer.Status)
	require.Contains(t, answer.Message, field)
	require.NotContains(t, string(text), "secret")
}

// TestCallRefused: what cannot work is refused at once, with the field named, and leaves nothing behind.
func TestCallRefused(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	for name, test := range map[string]struct {
		field string
		value any
	}{
		"space in the login":            {"sipLogin", "john doe"},
		"brackets in the login":         {"sipLogin", "<gw>"},
		"domain in the login":           {"sipLogin", "gw@127.0.0.1"},
		"no login":                      {"sipLogin", ""},
		"space in the name":             {"sipAuthenticationName", "g w"},
		"brackets in the name":          {"sipAuthenticationName", "g>w"},
		"no callee":                     {"callee", ""},
		"callee with a line break":      {"callee", "sip:a@127.0.0.1\r\nX: y"},
		"no domain":                     {"sipDomain", ""},
		"unresolvable domain":           {"sipDomain", "sip.nowhere.invalid"},
		"unresolvable proxy":            {"sipOutboundProxy", "proxy.nowhere.invalid"},
		"port out of range":             {"sipPort", 99999},
		"port that is a word":           {"sipPort", "five"},
		"unknown transport":             {"sipTransport", "carrier pigeon"},
		"http":                          {"rtmpUrl", "http://127.0.0.1/live"},
		"no url":                        {"rtmpUrl", "live"},
		"unresolvable server":           {"rtmpUrl", "rtmp://media.nowhere.invalid/live"},
		"server's port out of range":    {"rtmpUrl", "rtmp://127.0.0.1:99999/live"},
		"no application":                {"rtmpUrl", "rtmp://127.0.0.1"},
		"object where text is wanted":   {"callee", map[string]any{"user": "bob"}},
		"list where text is wanted":     {"callee", []string{"bob"}},
		"boolean where text is wanted":  {"sipDomain", true},
		"word where a flag is wanted":   {"hasAudio", "maybe"},
		"number where a flag is wanted": {"hasVideo", 2},
		"text where an object is":       {"custom", "x"},
		"no id":                         {"callId", ""},
		"slash in the id":               {"callId", "a/b"},
		"space in the stream":           {"toStream", "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			request := callTo("refused", phone.URI(), map[string]any{"rtmpUrl": "rtmp://127.0.0.1:1/live", "rtmpStream": "x"})
			request[test.field] = test.value
			g.refused(t, "/call/startup", request, http.StatusBadRequest, test.field)
			require.Nil(t, g.find(t, "refused"))
		})
	}
	require.Empty(t, phone.Calls(), "nobody was called")
	require.Empty(t, g.api.Snapshot().Streams)
}

// TestBodyRefused: what is no request at all is refused.
func TestBodyRefused(t *testing.T) {
	g := startGateway(t)
	for name, body := range map[string]string{
		"too long":  `{"callId":"` + strings.Repeat("x", 64<<10) + `"}`,
		"not JSON":  `callId=1`,
		"cut short": `{"callId":`,
		"an array":  `[{"callId":"1"}]`,
		"a string":  `"1"`,
	} {
		t.Run(name, func(t *testing.T) {
			res, err := http.Post(g.rest+"/rest-api/call/startup", "application/json", strings.NewReader(body))
			require.NoError(t, err)
			defer func() { _ = res.Body.Close() }()
			text, err := io.ReadAll(res.Body)
			require.NoError(t, err)
			requireRefusal(t, res.StatusCode, text, http.StatusBadRequest, "body")
		})
	}
}

// TestConflicts: a call id and a place to publish to are taken once.
func TestConflicts(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	push := map[string]any{"rtmpUrl": "rtmp://" + g.rtmp + "/live", "rtmpStream": "one"}
	g.dial(t, "first", phone.URI(), push)
	g.waitFor(t, "first", "status", "ESTABLISHED", patience)
	g.refused(t, "/call/startup", callTo("first", phone.URI(), nil), http.StatusConflict, "callId")
	g.refused(t, "/call/startup", callTo("second", phone.URI(), push), http.StatusConflict, "rtmpUrl")
	g.refused(t, "/call/startup", callTo("second", phone.URI(), map[string]any{"toStream": "first"}), http.StatusConflict, "toStream")
	require.Len(t, phone.Calls(), 1)
	g.hangUp(t, "first")
	g.dialAgain(t, callTo("first", phone.URI(), push))
	g.waitFor(t, "first", "status", "ESTABLISHED", patience)
}

// dialAgain starts a call under an id that another call is just giving up.
func (g *gatewayUnderTest) dialAgain(t testing.TB, request map[string]any) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, _ := g.post(t, "/call/startup", request)
		return status == http.StatusOK
	}, patience, 20*time.Millisecond)
}

// TestLooseInput: booleans and numbers may be text, a number may stand for text, and unknown keys are ignored.
func TestLooseInput(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "loose", phone.URI(), map[string]any{
		"hasAudio": "TRUE", "hasVideo": false, "sipPort": "", "sipLogin": 100, "neverHeardOf": []int{1}, "custom": nil,
	})
	g.waitFor(t, "loose", "status", "ESTABLISHED", patience)
	call := g.find(t, "loose")
	require.Equal(t, true, call["hasAudio"])
	require.Equal(t, false, call["hasVideo"])
	require.Equal(t, "100", call["caller"])
	require.Contains(t, phone.Calls()[0].From, "sip:100@")
}

// TestFindAll is asked both ways.
func TestFindAll(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		status, _ := g.findAll(t, method)
		require.Equal(t, http.StatusNotFound, status)
	}
	g.dial(t, "one", phone.URI(), nil)
	g.dial(t, "two", phone.URI(), nil)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		status, calls := g.findAll(t, method)
		require.Equal(t, http.StatusOK, status)
		require.Len(t, calls, 2)
		require.ElementsMatch(t, []any{"one", "two"}, []any{calls[0]["callId"], calls[1]["callId"]})
	}
	status, text := g.post(t, "/call/terminate", map[string]any{"callId": "one"})
	require.Equal(t, http.StatusOK, status)
	require.Empty(t, text)
}

// findAll asks for every call. Without any the answer is 404, which is no array.
func (g *gatewayUnderTest) findAll(t testing.TB, method string) (status int, calls []map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, g.rest+"/rest-api/call/find_all", http.NoBody)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	if res.StatusCode == http.StatusOK {
		require.NoError(t, json.Unmarshal(text, &calls))
	}
	return res.StatusCode, calls
}

// TestPreflight: a page from elsewhere may use the interface.
func TestPreflight(t *testing.T) {
	g := startGateway(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, g.rest+"/rest-api/call/startup", http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Origin", "http://page.example")
	req.Header.Set("Access-Control-Request-Method", "POST")
	req.Header.Set("Access-Control-Request-Headers", "content-type")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusNoContent, res.StatusCode)
	require.Equal(t, "*", res.Header.Get("Access-Control-Allow-Origin"))
	require.Contains(t, res.Header.Get("Access-Control-Allow-Methods"), "POST")
	require.Equal(t, "content-type", res.Header.Get("Access-Control-Allow-Headers"))
}
