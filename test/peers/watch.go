package peers

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/test/peers/content"
)

// Watched is what a video element showed and played for a while.
type Watched struct {
	content.Report
	Sound []content.Sound
}

// Watch looks at the video element that a selector names and listens to it. Sound is tapped before the element's own
// volume: a muted one is heard as well.
func (p *Page) Watch(t testing.TB, selector string, d time.Duration) Watched {
	t.Helper()
	var raw struct {
		Pictures []struct {
			At   float64
			Grey []byte
		}
		Sound []struct {
			At  float64
			PCM []byte
		}
	}
	p.Eval(t, fmt.Sprintf("(%s)(%q, %d)", watchScript, selector, d.Milliseconds()), &raw)
	milliseconds := func(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
	var seen []content.Picture
	for _, picture := range raw.Pictures {
		seen = append(seen, content.Picture{At: milliseconds(picture.At), Grey: picture.Grey})
	}
	var heard []content.Sound
	for _, piece := range raw.Sound {
		pcm := make([]int16, len(piece.PCM)/2)
		_, err := binary.Decode(piece.PCM, binary.LittleEndian, pcm)
		require.NoError(t, err)
		heard = append(heard, content.Sound{At: milliseconds(piece.At), PCM: pcm})
	}
	return Watched{Report: content.Watch(seen, heard), Sound: heard}
}

// watchScript collects pictures with the time they were shown, and sound at 8 kHz with the time of each block. The
// clock of the sound is that of its context; the block that came with the least delay says what it shows on the page's.
// A worklet would hear more finely, but the gateway's own page allows no scripts but its own.
const watchScript = `async (selector, length) => {
	const video = document.querySelector(selector), pictures = [], blocks = [];
	const text = (bytes) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));

	const canvas = new OffscreenCanvas(160, 90), board = canvas.getContext("2d", { willReadFrequently: true });
	let watching = true;
	const look = (_, { presentationTime }) => {
		if (!watching) return;
		board.drawImage(video, 0, 0, 160, 90);
		const { data } = board.getImageData(0, 0, 160, 90), grey = new Uint8Array(160 * 90);
		for (let i = 0; i < grey.length; i++) grey[i] = (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3;
		pictures.push({ at: presentationTime, grey: text(grey) });
		video.requestVideoFrameCallback(look);
	};
	video.requestVideoFrameCallback(look);

	let context, lead = Infinity;
	if (video.srcObject.getAudioTracks().length > 0) {
		context = new AudioContext({ sampleRate: 8000 });
		const size = 256, ear = context.createScriptProcessor(size, 1, 1);
		ear.onaudioprocess = ({ playbackTime, inputBuffer }) => {
			const at = playbackTime * 1000;
			lead = Math.min(lead, performance.now() - size / 8 - at);
			blocks.push({ at, pcm: inputBuffer.getChannelData(0).slice() });
		};
		context.createMediaStreamSource(video.srcObject).connect(ear).connect(context.destination);
		await context.resume();
	}
	await new Promise((later) => setTimeout(later, length));
	watching = false;
	await context?.close();
	const sound = blocks.map(({ at, pcm }) => {
		const samples = Int16Array.from(pcm, (x) => Math.max(-1, Math.min(1, x)) * 32767);
		return { at: at + lead, pcm: text(new Uint8Array(samples.buffer)) };
	});
	return { pictures, sound };
}`
