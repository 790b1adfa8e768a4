package peers

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Pulse is a PulseAudio server with a loudspeaker that nobody hears and a microphone that hears it.
type Pulse struct {
	// Microphone is its name for people.
	Microphone string

	server  string
	dir     string
	process *process
}

// StartPulse starts the server and makes it the one that this process finds.
func StartPulse(t *testing.T) *Pulse {
	t.Helper()
	dir := t.TempDir()
	socket := filepath.Join(dir, "native")
	p := &Pulse{Microphone: "Monitor of Null Output", server: "unix:" + socket, dir: dir}
	p.process = startIn(t, []string{"HOME=" + dir, "XDG_RUNTIME_DIR=" + dir, "PULSE_RUNTIME_PATH=" + dir}, dir, "pulseaudio",
		"-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disallow-exit", "--high-priority=no", "--realtime=no",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+socket,
		"-L", "module-null-sink rate=48000 channels=2")
	require.Eventually(t, func() bool {
		p.process.alive(t)
		_, err := os.Stat(socket)
		return err == nil
	}, patience, 10*time.Millisecond)
	t.Setenv("PULSE_SERVER", p.server)
	return p
}

// Play plays a tone through the loudspeaker for a minute.
func (p *Pulse) Play(t *testing.T, hz int) {
	t.Helper()
	path := filepath.Join(p.dir, "tone.wav")
	out, err := exec.Command("ffmpeg", "-v", "error", "-y", "-f", "lavfi",
		"-i", "sine=sample_rate=44100:duration=60:frequency="+strconv.Itoa(hz), "-af", "volume=4", path).CombinedOutput()
	require.NoError(t, err, string(out))
	start(t, p.dir, "paplay", path)
}

// Record writes down from now on what the loudspeaker plays, silence too, and tells what was heard until now: samples at
// 8 kHz.
func (p *Pulse) Record(t *testing.T) (heard func() []int16) {
	t.Helper()
	path := filepath.Join(p.dir, "loudspeaker.raw")
	start(t, p.dir, "parec", "--raw", "--device=@DEFAULT_MONITOR@", "--format=s16le", "--rate=8000", "--channels=1",
		"--latency-msec=20", path)
	heard = func() []int16 {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		pcm := make([]int16, len(raw)/2)
		for i := range pcm {
			pcm[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
		}
		return pcm
	}
	require.Eventually(t, func() bool { return len(heard()) > 0 }, patience, 10*time.Millisecond, "nothing is recorded")
	return heard
}

// Stop ends the server, as if everything were unplugged.
func (p *Pulse) Stop(t *testing.T) {
	t.Helper()
	p.process.kill()
}
