package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

const answerTime = 30 * time.Second

// call is a telephone call in a session of its own, over the web SDK's protocol.
type call struct {
	address, callee string
	conn            *websocket.Conn
	told            sync.WaitGroup
}

func (c *call) open(offer string) (answer string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	if c.conn, _, err = websocket.Dial(ctx, c.address, nil); err != nil {
		return "", err
	}
	c.conn.SetReadLimit(1 << 20)
	domain := c.callee[strings.IndexByte(c.callee, '@')+1:]
	if err := c.say(ctx, "connection", map[string]any{
		"appKey": "defaultApp", "mediaProviders": []string{"WebRTC"}, "sipLogin": "browser", "sipDomain": domain,
		"sipRegisterRequired": false,
	}); err != nil {
		return "", err
	}
	if _, err := c.await(ctx, "getUserData"); err != nil {
		return "", err
	}
	if err := c.say(ctx, "call", map[string]any{
		"callId": c.callee, "incoming": false, "hasAudio": true, "hasVideo": false, "status": "PENDING",
		"mediaProvider": "WebRTC", "sdp": offer, "caller": "browser", "callee": c.callee, "visibleName": "browser",
	}); err != nil {
		return "", err
	}
	data, err := c.await(ctx, "setRemoteSDP")
	if err != nil {
		return "", err
	}
	if len(data) < 2 {
		return "", errors.New("setRemoteSDP is cut short")
	}
	c.told.Go(func() { _, _ = c.await(context.Background(), "") }) // answers pings
	return answer, json.Unmarshal(data[1], &answer)
}

func (c *call) say(ctx context.Context, message string, data any) error {
	return wsjson.Write(ctx, c.conn, map[string]any{"message": message, "data": []any{data}})
}

// await reads until a message of this name comes. Pings are answered.
func (c *call) await(ctx context.Context, message string) ([]json.RawMessage, error) {
	for {
		var m struct {
			Message string
			Data    []json.RawMessage
		}
		if err := wsjson.Read(ctx, c.conn, &m); err != nil {
			return nil, err
		}
		switch m.Message {
		case message:
			return m.Data, nil
		case "ping":
			if err := c.say(ctx, "pong", nil); err != nil {
				return nil, err
			}
		case "finish", "fail":
			return nil, fmt.Errorf("%s: %s", m.Message, m.Data)
		}
	}
}

func (c *call) close() error {
	if c.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	err := c.say(ctx, "hangup", map[string]any{"callId": c.callee})
	c.told.Wait() // until the call is finished
	return errors.Join(err, c.conn.CloseNow())
}

// viewing is a stream that is listened to, by WHEP.
type viewing struct{ address, resource string }

func (v *viewing) open(offer string) (answer string, err error) {
	return v.ask(http.MethodPost, v.address, offer, http.StatusCreated)
}

func (v *viewing) ask(method, address, body string, want int) (string, error) {
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/sdp")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if res.StatusCode != want {
		return "", fmt.Errorf("%s %s: %s: %s", method, address, res.Status, text)
	}
	if location, err := res.Location(); err == nil {
		v.resource = location.String()
	} else if method == http.MethodPost {
		return "", err
	}
	return string(text), nil
}

func (v *viewing) close() error {
	if v.resource == "" {
		return nil
	}
	_, err := v.ask(http.MethodDelete, v.resource, "", http.StatusOK)
	return err
}
