package peers

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sdkFolder is where `make test-tools` puts the web SDK.
const sdkFolder = ".make/websdk/2.0.276"

// ServeSDK serves the web SDK with its example pages as they are, and returns the address of its root.
func ServeSDK(t testing.TB) string {
	t.Helper()
	folder := filepath.Join(moduleRoot(t), sdkFolder)
	require.FileExists(t, filepath.Join(folder, "flashphoner.js"), "the web SDK is not there: run make test-tools, which fetches it")
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	t.Cleanup(server.Close)
	return server.URL
}

// moduleRoot is the folder above the test's own that has the go.mod.
func moduleRoot(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		above := filepath.Dir(folder)
		require.NotEqual(t, above, folder, "no go.mod")
		folder = above
	}
}

// SDKPorts is a script that tells the example pages where the gateway is: host:port of its WebSocket and of its REST
// interface.
func SDKPorts(t testing.TB, ws, rest string) string {
	t.Helper()
	port := func(address string) string {
		_, port, err := net.SplitHostPort(strings.TrimPrefix(address, "http://"))
		require.NoError(t, err)
		return port
	}
	return fmt.Sprintf("window.SERVER_PORTS = { ws: %s, http: %s };", port(ws), port(rest))
}
