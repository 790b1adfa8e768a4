package content

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// decode runs ffmpeg on one track of a file and hands over each decoded frame with its time. args ends with the
// output format; show is the filter, last in its chain, that prints each frame's time. size gives the bytes of a
// frame from what the filter printed.
func decode(ctx context.Context, args []string, size func(line string) int, frame func(at time.Duration, data []byte)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-hide_banner", "-nostdin", "-nostats", "-v", "info", "-copyts"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("ffmpeg: %w", err)
	}
	info, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("ffmpeg: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("ffmpeg: %w", err)
	}
	type shown struct {
		at   time.Duration
		size int
	}
	frames := make(chan shown, 1<<16)
	go func() {
		defer close(frames)
		lines := bufio.NewScanner(info)
		for lines.Scan() {
			if m := shownTime.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case frames <- shown{seconds(m[1]), size(lines.Text())}:
				case <-ctx.Done():
				}
			}
		}
		_, _ = io.Copy(io.Discard, info)
	}()
	in := bufio.NewReaderSize(out, 1<<20)
	for f := range frames {
		data := make([]byte, f.size)
		if _, err := io.ReadFull(in, data); err != nil {
			cancel()
			return errors.Join(fmt.Errorf("ffmpeg output: %w", err), cmd.Wait())
		}
		frame(f.at, data)
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("ffmpeg: %w", err)
	}
	return nil
}

var (
	shownTime    = regexp.MustCompile(`showinfo.* pts_time: *(-?[0-9.]+)`)
	shownSamples = regexp.MustCompile(` nb_samples: *([0-9]+)`)
)

// Pictures are looked at small: a block of the counter is still ten pixels wide.
const (
	width  = 160
	height = 90
)

// pictures decodes the video of a file to small grey pictures.
func pictures(ctx context.Context, path string, picture func(at time.Duration, grey []byte)) error {
	args := []string{
		"-i", path, "-map", "0:v:0", "-fps_mode", "passthrough",
		"-vf", fmt.Sprintf("scale=%d:%d:flags=area,format=gray,showinfo=checksum=0", width, height), "-f", "rawvideo", "-",
	}
	return decode(ctx, args, func(string) int { return width * height }, picture)
}

// rate is what sound is looked at with.
const rate = 8000

// sound decodes the audio of a file to 8 kHz mono.
func sound(ctx context.Context, path string, samples func(at time.Duration, pcm []int16)) error {
	args := []string{"-i", path, "-map", "0:a:0", "-af", "aresample=8000,aformat=sample_fmts=s16:channel_layouts=mono,ashowinfo", "-f", "s16le", "-"}
	size := func(line string) int {
		m := shownSamples.FindStringSubmatch(line)
		if m == nil {
			return 0
		}
		n, _ := strconv.Atoi(strings.TrimSpace(m[1]))
		return 2 * n
	}
	return decode(ctx, args, size, func(at time.Duration, data []byte) {
		pcm := make([]int16, len(data)/2)
		for i := range pcm {
			pcm[i] = int16(uint16(data[2*i]) | uint16(data[2*i+1])<<8)
		}
		samples(at, pcm)
	})
}
