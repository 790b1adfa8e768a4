package peers

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"callcast/assets"
	"callcast/test/peers/content"
)

// Baresip is a baresip softphone with a clip as its camera and microphone. It answers by itself, unless it is to ring.
type Baresip struct {
	Port    int // SIP; its media is on the baresipPorts from here
	control int
	dir     string
	process *process
	shots   int
}

// BaresipParams says who the softphone is.
type BaresipParams struct {
	// Registrar registers User with password User+"pw" at this host:port for the domain sip.test. Empty: it takes
	// direct calls as sip:User@Host:Port.
	Registrar string
	Host      string // where it is; 127.0.0.1 if empty
	User      string
	Play      time.Duration // how long its clip is; it does not repeat
	Rings     bool          // until Accept or Hangup
	Clip      bool          // its clip is the demo clip, in place of a test picture and a tone
	Tone      int           // the pitch of that tone; 1000 Hz if 0
	Codecs    string        // of sound, as baresip names them; G.711 if empty
	VP8       bool          // instead of H264; its clip's pictures are those of the demo clip
	SRTP      string        // its mediaenc: srtp or srtp-mand; empty: it knows no encryption
}

const baresipPorts = 24

const baresipConfig = `
poll_method epoll
sip_listen <<.Host>>:<<.Port>>
call_local_timeout 120
call_max_calls 4
audio_source aufile,<<.Dir>>/clip.wav
audio_alert ausine
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 1
auplay_channels 1
video_source avformat,<<.Dir>>/clip.mp4
video_display fakevideo,nil
video_size 640x360
video_bitrate 500000
video_fps 25.00
videnc_format yuv420p
rtp_ports <<.Media>>-<<.MediaEnd>>
rtcp_mux no
jitter_buffer_delay 5-10
rtp_stats yes
rtp_timeout 0
snd_path <<.Dir>>
net_interface <<.Host>>
module_path /usr/lib/baresip/modules
module ctrl_tcp.so
module g711.so
module g722.so
module opus.so
module aufile.so
module ausine.so
module <<if .VP8>>vp8.so<<else>>avcodec.so<<end>>
module avformat.so
module fakevideo.so
module snapshot.so
module sndfile.so
<<if .SRTP>>module srtp.so<<end>>
module uuid.so
module_tmp account.so
module_app menu.so
ctrl_tcp_listen 127.0.0.1:<<.Control>>
avcodec_h264enc libx264
avcodec_h264dec h264
`

// StartBaresip starts a softphone and waits until it can be called.
func StartBaresip(t testing.TB, p BaresipParams) *Baresip {
	dir := t.TempDir()
	if p.Clip {
		demoClip(t, dir, p.Play)
	} else {
		makeClip(t, dir, p)
	}
	p.Host = cmp.Or(p.Host, "127.0.0.1")
	first := FreePorts(t, baresipPorts)
	b := &Baresip{Port: first, control: first + 2, dir: dir} // it takes the port behind SIP's for TLS
	write(t, dir, "config", baresipConfig, map[string]any{
		"Dir": dir, "Host": p.Host, "Port": b.Port, "Control": b.control, "Media": first + 4, "MediaEnd": first + baresipPorts - 1,
		"VP8": p.VP8, "SRTP": p.SRTP,
	})
	account := fmt.Sprintf("<sip:%s@%s:%d>;regint=0", p.User, p.Host, b.Port)
	if p.Registrar != "" {
		account = fmt.Sprintf(`<sip:%s@sip.test;transport=udp>;auth_user=%s;auth_pass=%spw;outbound="sip:%s;transport=udp";regint=300`,
			p.User, p.User, p.User, p.Registrar)
	}
	mode := "auto"
	if p.Rings {
		mode = "manual"
	}
	if p.SRTP != "" {
		account += ";mediaenc=" + p.SRTP
	}
	codecs := p.Codecs
	if codecs == "" {
		codecs = "PCMA/8000/1,PCMU/8000/1"
	}
	write(t, dir, "accounts", account+";answermode="+mode+";audio_codecs="+codecs+";ptime=20\n", nil)
	b.process = start(t, dir, "baresip", "-f", dir)
	b.process.listening(t, fmt.Sprintf("127.0.0.1:%d", b.control))
	if p.Registrar != "" {
		require.Eventually(t, func() bool { return strings.Contains(b.command(t, "reginfo"), "OK") }, patience, 100*time.Millisecond)
	}
	return b
}

// Capture listens to all the softphone sends and gets, from now on.
func (b *Baresip) Capture(t testing.TB) *Capture {
	return startCapture(t, b.Port, fmt.Sprintf("udp portrange %d-%d", b.Port, b.Port+baresipPorts-1))
}

// PictureRate is how many pictures a second the softphone has sent, by their stamps, of those that were captured.
func (b *Baresip) PictureRate(t testing.TB, c *Capture) float64 {
	t.Helper()
	const dynamic = 96 // the first payload type that pictures may have
	pictures := map[int32]bool{}
	var first, last int32
	for _, d := range c.Media() {
		var header rtp.Header
		if d.From < b.Port || d.From >= b.Port+baresipPorts || control(d.Payload) {
			continue
		}
		if _, err := header.Unmarshal(d.Payload); err != nil || header.PayloadType < dynamic {
			continue
		}
		if len(pictures) == 0 {
			first = int32(header.Timestamp)
		}
		at := int32(header.Timestamp) - first
		pictures[at], last = true, max(last, at)
	}
	require.Greater(t, len(pictures), 1, "it sent no pictures")
	return float64(len(pictures)-1) * clockRate / float64(last)
}

// Hangup ends the softphone's call, or refuses the one that rings.
func (b *Baresip) Hangup(t testing.TB) { b.command(t, "hangup") }

// Accept answers the call that rings.
func (b *Baresip) Accept(t testing.TB) { b.command(t, "accept") }

// Hold holds the softphone's call.
func (b *Baresip) Hold(t testing.TB) { b.command(t, "hold") }

// Resume takes the call back.
func (b *Baresip) Resume(t testing.TB) { b.command(t, "resume") }

// Transfer asks the other side of the softphone's call to call somebody else.
func (b *Baresip) Transfer(t testing.TB, whom string) { b.command(t, "transfer", whom) }

// Dial calls somebody.
func (b *Baresip) Dial(t testing.TB, whom string) { b.command(t, "dial", whom) }

// WaitCall waits until what the softphone says of its call contains want.
func (b *Baresip) WaitCall(t testing.TB, want string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Contains(c, b.CallStatus(t), want)
	}, patience, 50*time.Millisecond)
}

// WaitSaid waits until the softphone has written want into its log.
func (b *Baresip) WaitSaid(t testing.TB, want string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		text, err := os.ReadFile(b.process.log)
		require.NoError(c, err)
		assert.Contains(c, string(text), want)
	}, patience, 50*time.Millisecond)
}

// Turn changes by a re-INVITE which way the pictures of the softphone's call go: sendrecv, sendonly, recvonly or inactive.
func (b *Baresip) Turn(t testing.TB, direction string) { b.command(t, "video_dir", direction) }

// Sees is the number of the picture of the demo clip that the softphone shows. ok is false for any other picture.
func (b *Baresip) Sees(t testing.TB) (number int, ok bool) {
	t.Helper()
	b.shots++
	path := filepath.Join(b.dir, fmt.Sprintf("screen%d.png", b.shots))
	b.command(t, "snapshot_recv", path)
	var picture image.Image
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		f, err := os.Open(path)
		require.NoError(c, err, "it sees no picture")
		defer func() { _ = f.Close() }()
		picture, err = png.Decode(f)
		require.NoError(c, err)
	}, patience, 20*time.Millisecond)
	return content.CounterOf(picture)
}

// Press presses keys, which go out as RTP events.
func (b *Baresip) Press(t testing.TB, keys string) { b.command(t, "sndcode", keys) }

// CallStatus is what the softphone says of its call.
func (b *Baresip) CallStatus(t testing.TB) string { return b.command(t, "callstat") }

// WaitTones waits until the softphone has been sent these tones, and no others.
func (b *Baresip) WaitTones(t testing.TB, want string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		text, err := os.ReadFile(b.process.log)
		require.NoError(c, err)
		var heard strings.Builder
		for _, tone := range toneBegins.FindAllStringSubmatch(string(text), -1) {
			heard.WriteString(tone[1])
		}
		assert.Equal(c, want, heard.String())
	}, patience, 50*time.Millisecond)
}

var toneBegins = regexp.MustCompile(`received (?:in-band DTMF )?event: '(.)' \(end=0\)`)

// Heard is the file of what the softphone heard in its last call, which must be over.
func (b *Baresip) Heard(t testing.TB) string {
	t.Helper()
	var file string
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		files, err := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
		require.NoError(c, err)
		require.NotEmpty(c, files)
		require.Contains(c, b.CallStatus(t), "no active calls")
		file = slices.Max(files) // their names have the time
	}, patience, 50*time.Millisecond)
	return file
}

// command runs a command through the control connection: a netstring with JSON each way.
func (b *Baresip) command(t testing.TB, name string, params ...string) string {
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", b.control))
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	text := fmt.Sprintf(`{"command":%q,"params":%q,"token":"t"}`, name, strings.Join(params, " "))
	_, err = fmt.Fprintf(c, "%d:%s,", len(text), text)
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(patience/4)))
	in := bufio.NewReader(c)
	for {
		size, err := in.ReadString(':')
		if err != nil {
			return ""
		}
		n, err := strconv.Atoi(strings.TrimSuffix(size, ":"))
		require.NoError(t, err)
		body := make([]byte, n+1) // with the comma
		for read := 0; read < len(body); {
			k, err := in.Read(body[read:])
			require.NoError(t, err)
			read += k
		}
		var reply struct {
			Response bool
			Data     string
		}
		require.NoError(t, json.Unmarshal(body[:n], &reply))
		if reply.Response {
			return reply.Data
		}
	}
}

// clipPiece is what is encoded; a longer clip repeats it.
const clipPiece = 10 * time.Second

// makeClip makes what the softphone plays: a test picture, or the demo clip's, and a tone. The picture's file has no
// audio: baresip crashes on one that has.
func makeClip(t testing.TB, dir string, p BaresipParams) {
	t.Helper()
	seconds := func(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
	piece := filepath.Join(dir, "piece.mp4")
	if p.VP8 {
		clip, _ := clipFiles(t, dir)
		ffmpeg(t, "-r", fmt.Sprint(assets.ClipRate), "-i", clip, "-c:v", "copy", piece)
	} else {
		ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-t", seconds(clipPiece),
			"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", piece)
	}
	ffmpeg(t, "-stream_loop", "-1", "-i", piece, "-t", seconds(p.Play), "-c", "copy", filepath.Join(dir, "clip.mp4"))
	ffmpeg(t, "-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%d:sample_rate=48000", cmp.Or(p.Tone, 1000)), "-t", seconds(p.Play), "-c:a", "pcm_s16le", filepath.Join(dir, "clip.wav"))
}

// demoClip makes the same of the demo clip.
func demoClip(t testing.TB, dir string, length time.Duration) {
	t.Helper()
	picture, sound := clipFiles(t, t.TempDir())
	seconds := fmt.Sprint(length.Seconds())
	piece := filepath.Join(dir, "piece.mp4")
	ffmpeg(t, "-r", fmt.Sprint(assets.ClipRate), "-i", picture, "-c", "copy", piece)
	ffmpeg(t, "-stream_loop", "-1", "-i", piece, "-t", seconds, "-c", "copy", filepath.Join(dir, "clip.mp4"))
	ffmpeg(t, "-stream_loop", "-1", "-f", "alaw", "-ar", "8000", "-i", sound, "-t", seconds, "-ar", "48000", "-ac", "1",
		"-c:a", "pcm_s16le", filepath.Join(dir, "clip.wav"))
}

func ffmpeg(t testing.TB, args ...string) {
	t.Helper()
	out, err := exec.Command("ffmpeg", append([]string{"-v", "error", "-nostdin", "-y"}, args...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// Has reports whether an address is one of the softphone's.
func (b *Baresip) Has(t testing.TB, address string) bool {
	t.Helper()
	return within(t, address, b.Port, b.Port+baresipPorts-1)
}
