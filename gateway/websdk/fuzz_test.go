package websdk

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/coder/websocket"

	"callcast/gateway"
)

// FuzzMessages: whatever a page sends after its greeting, line by line, the gateway has no fault, all it says can be read,
// and it ends the socket only with a reason.
func FuzzMessages(f *testing.F) {
	for _, seed := range []string{
		`{"message":"availableStream","data":[{"name":"s","mediaSessionId":"A"}]}` + "\n" + `{"message":"sendData","data":[{"operationId":"O","payload":{"command":"join"}}]}`,
		`{"message":"playStream","data":[{"mediaSessionId":"P","name":"s","hasVideo":true,"hasAudio":"true","width":"640","height":0,"sdp":"v=0 offer"}]}` + "\n" +
			`{"message":"sendStreamEvent","data":[{"mediaSessionId":"P","type":"data","payload":{"a":1}}]}` + "\n" + `{"message":"stopStream","data":[{"mediaSessionId":"P"}]}`,
		`{"message":"publishStream","data":[{"mediaSessionId":"Q","name":"q","published":true,"rtmpUrl":"rtmp://127.0.0.1/live","sdp":"v=0 offer"}]}` + "\n" +
			`{"message":"unPublishStream","data":[{"mediaSessionId":"Q"}]}` + "\n" + `{"message":"snapshot","data":[{"mediaSessionId":"Q"}]}`,
		callMessage("K", "1001") + "\n" + `{"message":"sendDtmf","data":[{"callId":"K","dtmf":12,"type":"INFO"}]}` + "\n" + about("hold", "K") + "\n" + about("unhold", "K") + "\n" +
			`{"message":"transfer","data":[{"callId":"K","target":"bob"}]}` + "\n" + about("hangup", "K"),
		`{"message":"answer","data":[{"callId":"in","sdp":"v=0"}]}` + "\n" + `{"message":"connection","data":[{}]}` + "\n" + `{"message":"connectMediaTransport","data":[{}]}`,
		"\xff\n[]\n{}\n" + `{"message":"ping","data":7}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, lines []byte) {
		faults := &bytes.Buffer{}
		s := newServer(Params{API: withStream("s"), Log: slog.New(slog.NewTextHandler(faults, &slog.HandlerOptions{Level: slog.LevelError}))}, defaultLimits())
		s.limits.rate, s.limits.burst = 1e9, 1e9
		addr, err := s.Start(gateway.ListenConfig{Host: "127.0.0.1"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := dial(t, "ws://"+addr.String(), nil)
		talk(t, p, lines)
		_ = p.conn.CloseNow()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if faults.Len() > 0 {
			t.Fatalf("%s", faults)
		}
	})
}

// talk greets, says the lines, and listens until the last of them was heard.
func talk(t *testing.T, p *page, lines []byte) {
	p.say(`{"message":"connection","data":[{` + sipFields + `}]}`)
	const last = `{"message":"availableStream","data":[{"name":"s","mediaSessionId":"the last"}]}`
	for line := range bytes.SplitSeq(append(slices.Clip(lines), "\n"+last...), []byte("\n")) {
		if p.conn.Write(t.Context(), websocket.MessageText, line) != nil {
			break // it was closed
		}
	}
	for {
		frame, err := p.raw()
		if err != nil {
			if websocket.CloseStatus(err) == -1 {
				t.Fatalf("cut without a reason: %v", err)
			}
			return
		}
		var m struct {
			Message string
			Data    json.RawMessage
		}
		if !utf8.ValidString(frame) || json.Unmarshal([]byte(frame), &m) != nil || m.Message == "" {
			t.Fatalf("said %q", frame)
		}
		if m.Message == "availableStream" && bytes.Contains(m.Data, []byte(`"id":"the last"`)) {
			return
		}
	}
}
