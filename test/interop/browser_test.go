package interop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// TestPlayerPage is a viewer with a real browser: the page says that there is no such stream, plays when there is, and
// comes back when it has been away.
func TestPlayerPage(t *testing.T) {
	g := startGateway(t)
	phone := startPhone(t, demophone.Params{})
	page := peers.StartChromium(t).Open(t, g.rest+"/play/demo")
	requireState(t, page, "missing")
	require.Contains(t, page.Text(t, `document.getElementById("notice").textContent`), "no stream named “demo”")

	for round := range 2 {
		g.dial(t, "demo", phone.URI(), nil)
		requireState(t, page, "playing")
		require.Eventually(t, func() bool {
			return page.Text(t, `document.getElementById("resolution").textContent`) == "640×360, 25 fps"
		}, patience, 100*time.Millisecond, "the figures do not settle")
		requirePictures(t, page)
		requireSound(t, page)
		require.Equal(t, "PCMA", page.Text(t, `document.getElementById("sound").textContent`), "what the call sends is copied")

		if round == 0 {
			requireMuted(t, page, true)
			page.Press(t, "m")
			requireMuted(t, page, false)
		}
		g.ok(t, "/call/terminate", map[string]any{"callId": "demo"})
		g.waitGone(t, "demo", patience)
		requireState(t, page, "missing")
	}
}

// requireMuted tells whether the page is silent and says so: a button offers to turn the sound on.
func requireMuted(t testing.TB, page *peers.Page, muted bool) {
	t.Helper()
	var seen struct{ Muted, Offered bool }
	page.Eval(t, `({ muted: document.getElementById("video").muted, offered: !document.getElementById("unmute").hidden })`, &seen)
	require.Equal(t, muted, seen.Muted)
	require.Equal(t, muted, seen.Offered)
}

func requireState(t testing.TB, page *peers.Page, state string) {
	t.Helper()
	var seen string
	require.Eventually(t, func() bool {
		seen = page.Text(t, `document.body?.dataset.state`)
		return seen == state
	}, patience, 50*time.Millisecond, "the page is not %s: %s", state, &seen)
}

// requirePictures reads the clip's counter off the picture: every one that is shown is whole, and they go on.
func requirePictures(t testing.TB, page *peers.Page) {
	t.Helper()
	var shots []struct{ Grey []byte }
	page.Eval(t, `(async () => {
		const video = document.getElementById("video"), canvas = new OffscreenCanvas(160, 90);
		const context = canvas.getContext("2d", { willReadFrequently: true });
		const shots = [];
		while (shots.length < 25) {
			await new Promise((shown) => video.requestVideoFrameCallback(shown));
			context.drawImage(video, 0, 0, 160, 90);
			const { data } = context.getImageData(0, 0, 160, 90);
			let grey = "";
			for (let i = 0; i < data.length; i += 4) grey += String.fromCharCode((data[i] + data[i + 1] + data[i + 2]) / 3);
			shots.push({ grey: btoa(grey) });
		}
		return shots;
	})()`, &shots)
	require.Len(t, shots, 25)
	numbers := map[int]bool{}
	for _, shot := range shots {
		n, ok := content.Counter(shot.Grey)
		require.True(t, ok, "a picture is not the clip's")
		numbers[n] = true
	}
	require.Greater(t, len(numbers), 12, "the picture stands still")
}

// requireSound listens until it has heard the clip's beep, which comes once a second.
func requireSound(t testing.TB, page *peers.Page) {
	t.Helper()
	var loudest float64
	page.Eval(t, `(async () => {
		const context = new AudioContext(), ear = context.createAnalyser();
		context.createMediaStreamSource(document.getElementById("video").srcObject).connect(ear);
		await context.resume();
		const samples = new Float32Array(ear.fftSize);
		let loudest = 0;
		for (const end = performance.now() + 2500; performance.now() < end;) {
			await new Promise((later) => setTimeout(later, 20));
			ear.getFloatTimeDomainData(samples);
			loudest = Math.max(loudest, Math.hypot(...samples) / Math.sqrt(samples.length));
		}
		await context.close();
		return loudest;
	})()`, &loudest)
	require.Greater(t, loudest, 0.05)
}
