package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
)

const callcastConfig = `
rest_host: 127.0.0.1
rest_port: %d
rtmp_host: 127.0.0.1
rtmp_port: 0
webrtc_host: 127.0.0.1
webrtc_port: 0
ws_port: %d
wss_port: 0
sip_host: 127.0.0.1
sip_port: 0
rtmp_transponder_stream_name_prefix: ""
`

// callcast is the gateway, in one process.
type callcast struct {
	binary, dir string
	server      *nginx
	callee      *callee
	process     *child
	base        string // URL of its HTTP server
	sdk         string // URL for the web SDK
}

// buildCallcast returns the path of the binary.
func buildCallcast(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "callcast")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build callcast: %w\n%s", err, text)
	}
	return path, nil
}

func (c *callcast) open(ctx context.Context, _ []*line) error {
	port, err := freeTCP()
	if err != nil {
		return err
	}
	sdkPort, err := freeTCP()
	if err != nil {
		return err
	}
	if c.callee, err = startCallee(ctx); err != nil {
		return err
	}
	config := filepath.Join(c.dir, "callcast.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, callcastConfig, port, sdkPort), 0o600); err != nil {
		return err
	}
	c.base = fmt.Sprintf("http://127.0.0.1:%d", port)
	c.sdk = fmt.Sprintf("ws://127.0.0.1:%d", sdkPort)
	c.process, err = spawn(filepath.Join(c.dir, "callcast.log"), c.binary, "--headless", "--config", config)
	if err != nil {
		return err
	}
	return c.process.await(ctx, "its ports", func() bool { return tcpAccepts(port) && tcpAccepts(sdkPort) })
}

func (c *callcast) connect(ctx context.Context, l *line) error {
	return c.call(ctx, l.name, l.sender, map[string]any{"rtmpUrl": c.server.url(), "rtmpStream": l.name})
}

// call has a party called. more is what the request has beyond what a stream of that name needs.
func (c *callcast) call(ctx context.Context, name string, p party, more map[string]any) error {
	request := map[string]any{
		"callId": name, "callee": c.callee.expect(name, p), "toStream": name, "hasAudio": true, "hasVideo": true,
		"sipLogin": "bench", "sipDomain": "127.0.0.1", "sipRegisterRequired": "false",
	}
	maps.Copy(request, more)
	if err := c.post(ctx, "/call/startup", request); err != nil {
		return c.process.failure(err)
	}
	return nil
}

// whep is where a stream is watched.
func (c *callcast) whep(stream string) string { return c.base + "/whep/" + stream }

func (c *callcast) post(ctx context.Context, path string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/rest-api"+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", path, res.Status, text)
	}
	return nil
}

func (c *callcast) pids() []int { return []int{c.process.pid()} }

func (c *callcast) close() error {
	if c.process != nil {
		c.process.stop()
	}
	if c.callee == nil {
		return nil
	}
	return c.callee.close()
}
