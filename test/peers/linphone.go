package peers

import (
	"cmp"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/assets"
	"callcast/test/peers/content"
)

// Linphone is a linphone softphone. It has video in VP8 only: its camera shows one picture of the demo clip, once
// a second, and its microphone hears a tone. It answers by itself.
type Linphone struct {
	Port    int // SIP
	dir     string
	input   *os.File
	process *process
	shots   int
}

// LinphoneParams says who the softphone is.
type LinphoneParams struct {
	// Registrar registers User with password User+"pw" at this host:port for the domain sip.test. Empty: it takes
	// direct calls as sip:User@127.0.0.1:Port.
	Registrar string
	User      string
	Picture   int // the number of the picture that its camera shows
	Tone      int // what its microphone hears; 1000 Hz if 0
}

const linphoneConfig = `[sip]
sip_port=<<.Port>>
sip_tcp_port=-1
sip_tls_port=-1
guess_hostname=0
contact=sip:<<.User>>@127.0.0.1:<<.Port>>
media_encryption=none
register_only_when_network_is_up=0
default_proxy=<<if .Registrar>>0<<else>>-1<<end>>
[net]
firewall_policy=none
[rtp]
audio_rtp_port=<<.Audio>>
video_rtp_port=<<.Video>>
[video]
capture=1
display=1
automatically_initiate=1
automatically_accept=1
[misc]
store_chat_logs=0
<<if .Registrar>>[proxy_0]
reg_proxy=<sip:<<.Registrar>>;transport=udp>
reg_route=<sip:<<.Registrar>>;transport=udp;lr>
reg_identity=sip:<<.User>>@sip.test
reg_expires=300
reg_sendregister=1
publish=0
[auth_info_0]
username=<<.User>>
passwd=<<.User>>pw
realm=sip.test
<<end>>`

// StartLinphone starts a softphone and waits until it can be called.
func StartLinphone(t testing.TB, p LinphoneParams) *Linphone {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, ".local/share/linphone"), 0o700)) // it does not start without its place
	first := FreePorts(t, 6)
	l := &Linphone{Port: first, dir: dir}
	config := write(t, dir, "linphonerc", linphoneConfig, map[string]any{
		"Port": first, "Audio": first + 2, "Video": first + 4, "User": p.User, "Registrar": p.Registrar,
	})
	l.makeFiles(t, p)
	output, input, err := os.Pipe()
	require.NoError(t, err)
	l.input = input
	l.process = startFed(t, output, []string{"HOME=" + dir, "DISPLAY="}, dir, "linphonec", "-c", config, "-a", "-V", "-d", "0")
	require.NoError(t, output.Close())
	t.Cleanup(func() { _ = input.Close() })
	l.say(t, "soundcard use files")
	l.say(t, "play "+filepath.Join(dir, "tone.wav"))
	l.say(t, "record "+l.heard())
	l.say(t, "staticpic set "+filepath.Join(dir, "picture.jpg"))
	l.say(t, "ports")
	l.WaitSaid(t, fmt.Sprintf("video rtp port = %d", first+4))
	if p.Registrar != "" {
		l.waitRegistered(t)
	}
	return l
}

// makeFiles makes what the softphone shows and plays.
func (l *Linphone) makeFiles(t testing.TB, p LinphoneParams) {
	t.Helper()
	clip, _ := clipFiles(t, l.dir)
	ffmpeg(t, "-r", fmt.Sprint(assets.ClipRate), "-i", clip, "-vf", fmt.Sprintf("select=eq(n\\,%d),scale=640:480,setsar=1", p.Picture),
		"-frames:v", "1", "-pix_fmt", "yuvj420p", "-q:v", "2", filepath.Join(l.dir, "picture.jpg"))
	ffmpeg(t, "-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%d:sample_rate=8000", cmp.Or(p.Tone, 1000)), "-t", "60", "-c:a", "pcm_s16le", filepath.Join(l.dir, "tone.wav"))
}

// Dial calls somebody.
func (l *Linphone) Dial(t testing.TB, whom string) { l.say(t, "call "+whom) }

// Hangup ends the softphone's call.
func (l *Linphone) Hangup(t testing.TB) { l.say(t, "terminate") }

func (l *Linphone) waitRegistered(t testing.TB) {
	t.Helper()
	require.Eventually(t, func() bool {
		l.say(t, "status register")
		return strings.Contains(l.said(t), "registered, identity=")
	}, patience, 200*time.Millisecond, "it is not registered")
}

// said is all that the softphone has said.
func (l *Linphone) said(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(l.process.log)
	require.NoError(t, err)
	return string(text)
}

// WaitSaid waits until the softphone has said so.
func (l *Linphone) WaitSaid(t testing.TB, want string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(l.said(t), want) }, patience, 50*time.Millisecond, "it does not say %q", want)
}

// Sees is the number of the picture of the demo clip that the softphone has on its screen. ok is false for any other picture.
func (l *Linphone) Sees(t testing.TB) (number int, ok bool) {
	t.Helper()
	l.shots++
	path := filepath.Join(l.dir, fmt.Sprintf("screen%d.jpg", l.shots))
	l.say(t, "snapshot "+path)
	require.Eventually(t, func() bool { _, err := os.Stat(path); return err == nil }, patience, 20*time.Millisecond, "it sees no picture")
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	picture, err := jpeg.Decode(f)
	require.NoError(t, err)
	return content.CounterOf(picture)
}

// Heard is the file of what the softphone heard in its calls, which must be over or be about to.
func (l *Linphone) Heard(t testing.TB) string {
	t.Helper()
	require.Eventually(t, func() bool {
		said := l.said(t)
		begun, ended := linphoneCall.FindAllString(said, -1), strings.Count(said, " ended (")
		return ended > 0 && ended >= len(begun)
	}, patience, 50*time.Millisecond, "its calls do not end")
	return l.heard()
}

// linphoneCall is what the softphone says when one of its calls has come about.
var linphoneCall = regexp.MustCompile(`Call \d+ with .* connected\.`)

func (l *Linphone) heard() string { return filepath.Join(l.dir, "heard.wav") }

// say types a command.
func (l *Linphone) say(t testing.TB, command string) {
	t.Helper()
	l.process.alive(t)
	_, err := fmt.Fprintln(l.input, strings.TrimSpace(command))
	require.NoError(t, err)
}
