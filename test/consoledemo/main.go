// Command consoledemo shows the console on the scripted gateway: no engine, no network, no devices. It serves to look
// at the window, and for screenshots:
//
//	go run ./test/consoledemo -calls 100
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
	"callcast/ui"
)

func main() {
	calls := flag.Int("calls", 3, "how many calls are up")
	taken := flag.Bool("taken", false, "show the REST port as taken")
	size := flag.String("size", "1280x800", "size of the window")
	flag.Parse()

	fake := gatewaytest.New()
	listen(fake, *taken)
	app := fyneapp.NewWithID("org.callcast.consoledemo")
	console := ui.New(ui.Params{
		App: app, API: fake, Secrets: noSecrets{}, RTMPNamePrefix: "rtmp_", Version: "demo", Log: slog.Default(),
		Defaults: ui.FormDefaults{
			Account: gateway.Account{Login: "1001", Password: "1234", Domain: "pbx.example.com"},
			Callee:  "1002", RTMPURL: "rtmp://127.0.0.1:1935/live", RTMPStream: "studio",
			HasAudio: true, HasVideo: true, Pinned: true,
		},
	})
	resize(console, *size)
	console.Start()

	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	defer context.AfterFunc(ctx, console.Leave)() // Fyne ends its loop by itself on these signals
	var player sync.WaitGroup
	player.Go(func() { play(ctx, fake, *calls) })
	console.Window().ShowAndRun()
	console.Close()
	cancel()
	player.Wait()
}

func listen(fake *gatewaytest.Fake, taken bool) {
	rest := gateway.Listener{Name: "rest", Setting: "rest.port", Address: "127.0.0.1:8081"}
	if taken {
		rest.Err = &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonPortTaken, Message: "the port is taken"}
	}
	fake.SetListener(rest)
	fake.SetListener(gateway.Listener{Name: "rtmp", Setting: "rtmp.port", Address: "127.0.0.1:1935"})
	fake.SetListener(gateway.Listener{Name: "sip", Setting: "sip.port", Address: "0.0.0.0:5060"})
	fake.SetListener(gateway.Listener{Name: "webrtc", Setting: "webrtc_port", Address: "0.0.0.0:8889"})
	fake.SetListener(gateway.Listener{Name: "ws", Setting: "ws_port", Address: "127.0.0.1:8080"})
	fake.SetListener(gateway.Listener{Name: "wss", Setting: "wss_port", Address: "127.0.0.1:8443"})
}

// play keeps n calls up and moves their numbers once a second, as an engine does.
func play(ctx context.Context, fake *gatewaytest.Fake, n int) {
	started := time.Now()
	fake.SetCall(gateway.Call{
		ID: "gone", Callee: "1099", Status: gateway.CallFailed, SIPStatus: 404, Created: started.Add(-20 * time.Second),
		Ended: started, Ending: gateway.Ending{Reason: gateway.EndRejected, Text: "404 Not Found"},
	})
	fake.RemoveCall("gone")
	others(fake)
	telephone(fake, started)
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		for i := range n {
			show(fake, i, started)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func show(fake *gatewaytest.Fake, i int, started time.Time) {
	statuses := []gateway.CallStatus{gateway.CallEstablished, gateway.CallEstablished, gateway.CallRing, gateway.CallHold}
	pushes := []gateway.RTMPStatus{gateway.RTMPActive, gateway.RTMPLost, "", gateway.RTMPActive}
	call := gateway.Call{
		ID: fmt.Sprintf("call-%d", i), Status: statuses[i%4], SIPStatus: 200, Caller: "1001",
		Callee: fmt.Sprintf("studio-%d@pbx.example.com", i+1), Stream: fmt.Sprintf("studio-%d", i+1),
		Created: started.Add(-time.Duration(i) * 47 * time.Second), RTMPStatus: pushes[i%4],
		RTMPTarget: "rtmp://127.0.0.1:1935/live/rtmp_***", HasAudio: true, HasVideo: true,
	}
	if call.RTMPStatus == gateway.RTMPLost {
		call.RTMPProblem = "the server closed the connection; next try in 4 s"
	}
	if call.Status == gateway.CallRing {
		call.SIPStatus = 180
		fake.SetCall(call)
		return
	}
	call.Established = call.Created.Add(3 * time.Second)
	call.Video = gateway.MediaStats{
		Codec: "H264", Width: 640, Height: 360, FPS: 24.5 + rand.Float64(), BitsPerSec: 700_000 + rand.IntN(300_000),
		LossPercent: rand.Float64(), JitterMS: 3 + 4*rand.Float64(),
	}
	if i == 0 {
		talked(&call)
	}
	call.Audio = gateway.MediaStats{Codec: "PCMA", BitsPerSec: 64_000, JitterMS: 2}
	fake.SetStream(gateway.Stream{
		Name: call.Stream, Source: gateway.SourceSIP, CallID: call.ID, Live: true, Created: call.Established,
		Video: call.Video, Audio: call.Audio, Tracks: plan(), Sinks: sinks(i),
	})
	fake.SetCall(call)
}

func resize(console *ui.Console, size string) {
	var w, h float32
	if _, err := fmt.Sscanf(size, "%gx%g", &w, &h); err == nil {
		console.Window().Resize(fyne.NewSize(w, h))
	}
}

// noSecrets remembers nothing.
type noSecrets struct{}

func (noSecrets) Get(string) (gateway.Secret, error) { return "", nil }

func (noSecrets) Set(string, gateway.Secret) error { return nil }
