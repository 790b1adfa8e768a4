package main

import (
	"fmt"
	"math/rand/v2"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

// plan is what becomes of a call that browsers watch.
func plan() []gateway.Track {
	return []gateway.Track{
		{Kind: "video", Codec: "H264", Readers: 4},
		{Kind: "audio", Codec: "PCMA", Readers: 2},
		{Kind: "audio", Codec: "opus", From: "PCMA", Why: "a browser asked for opus", Readers: 2, CPUPercent: 0.4},
	}
}

// sinks are the readers of the i-th call's stream.
func sinks(i int) []gateway.Sink {
	sinks := []gateway.Sink{
		{ID: fmt.Sprint("push", i), Kind: gateway.SinkRTMPPush},
		{ID: fmt.Sprint("preview", i), Kind: gateway.SinkPreview},
	}
	for v := range 3 - i%3 {
		viewer := gateway.ViewerStats{
			State: gateway.ViewerPlaying, Remote: fmt.Sprintf("192.168.1.%d:53%d", 20+v, 100+i),
			LossPercent: rand.Float64() * float64(v), RTTMS: 8 + 3*rand.Float64(), Resent: uint64(7 * v),
		}
		if v == 2 {
			viewer = gateway.ViewerStats{State: gateway.ViewerConnecting}
		}
		sinks = append(sinks, gateway.Sink{ID: fmt.Sprint("viewer", i, v), Kind: gateway.SinkWebRTC, Viewer: viewer})
	}
	return sinks
}

// others are a publisher, a browser and two pulls, with pushes that fare differently.
func others(fake *gatewaytest.Fake) {
	sound := gateway.MediaStats{Codec: "AAC", BitsPerSec: 128_000}
	fake.SetStream(gateway.Stream{
		Name: "obs", Source: gateway.SourceRTMP, Origin: "192.168.1.7:50112", Live: true,
		Video: gateway.MediaStats{Codec: "H264", Width: 1920, Height: 1080, FPS: 30, BitsPerSec: 4_500_000}, Audio: sound,
		Tracks: []gateway.Track{{Kind: "video", Codec: "H264", Readers: 1}, {Kind: "audio", Codec: "AAC", Readers: 1}},
	})
	fake.SetStream(gateway.Stream{Name: "guest", Source: gateway.SourceWebRTC, Origin: "203.0.113.9:61002"})
	fake.SetPull(gateway.Pull{
		ID: "pull-1", Stream: "backup", Shown: "rtmp://origin.example.com/live/backup", Status: gateway.PullFailed,
		Problem: "NetStream.Play.StreamNotFound; next try in 8 s",
	})
	for i, push := range []gateway.Push{
		{Target: "rtmp://a.rtmp.example.com/live2/***", Status: gateway.RTMPActive, Bytes: 48_300_000},
		{
			Target: "rtmps://live.example.net:443/rtmp/***", Status: gateway.RTMPLost, Bytes: 2_100_000, Dropped: 31,
			Problem: "connection reset by peer; next try in 4 s",
		},
		{Target: "rtmp://backup.example.org/app/***", Status: gateway.RTMPActive, Muted: true, Bytes: 9_000_000},
	} {
		push.ID, push.Stream = fmt.Sprint("push-", i), []string{"studio-1", "studio-1", "obs"}[i]
		fake.SetPush(push)
	}
}
