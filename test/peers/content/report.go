package content

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"time"
)

// loop is how many numbers the clip's frame counter has.
const loop = 100

// Report is what a recording holds.
type Report struct {
	Frames   int // pictures decoded
	Damaged  int // of the clip, but not as they should be
	Foreign  int // that are not of the clip: a slate
	Skipped  int // numbers of the frame counter that never came
	Repeated int // pictures with the number of the one before

	Flashes []time.Duration
	Beeps   []time.Duration
	Offsets []time.Duration // beep minus flash, for each second that has both; positive = sound is late

	VideoDuration, AudioDuration time.Duration
	LongestVideoGap              time.Duration
	AudioHoles                   int
	BackwardTimestamps           int
}

// Offset is the median, the least and the greatest distance from flash to beep.
func (r Report) Offset() (median, least, most time.Duration) {
	if len(r.Offsets) == 0 {
		return 0, 0, 0
	}
	sorted := slices.Sorted(slices.Values(r.Offsets))
	return sorted[len(sorted)/2], sorted[0], sorted[len(sorted)-1]
}

// Analyse decodes a file and reports what is in it. A file without one of the two tracks is reported without it.
func Analyse(ctx context.Context, path string) (Report, error) {
	clip, err := clipPictures(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("decode the clip: %w", err)
	}
	return judge(ctx, path, clip)
}

// AnalyseCoded does so with pictures that a browser has coded: as with those that it shows, only their counter is judged.
func AnalyseCoded(ctx context.Context, path string) (Report, error) {
	return judge(ctx, path, nil)
}

func judge(ctx context.Context, path string, clip []cells) (Report, error) {
	packets, err := probe(ctx, path)
	if err != nil {
		return Report{}, err
	}
	c := inspect(packets)
	r := Report{
		VideoDuration: c.videoSpan, AudioDuration: c.audioSpan,
		LongestVideoGap: c.videoGap, AudioHoles: c.audioHoles, BackwardTimestamps: c.backward,
	}
	if c.videoSpan > 0 {
		eye := looker{report: &r, clip: clip, last: -1}
		if err := pictures(ctx, path, eye.see); err != nil {
			return r, err
		}
	}
	if c.audioSpan > 0 {
		var ear listener
		if err := sound(ctx, path, ear.hear); err != nil {
			return r, err
		}
		r.Beeps = ear.beeps
	}
	r.pair()
	return r, nil
}

// pair finds the beep of each flash. The recording's first flash is left out: the recording may begin in its middle.
func (r *Report) pair() {
	for i, flash := range r.Flashes {
		if i == 0 {
			continue
		}
		for _, beep := range r.Beeps {
			if absolute(beep-flash) < time.Second/2 {
				r.Offsets = append(r.Offsets, beep-flash)
				break
			}
		}
	}
}

// Record writes what a live address sends for a while into a file, without decoding it.
func Record(ctx context.Context, url, path string, d time.Duration) error {
	out, err := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-nostdin", "-y", "-i", url, "-t",
		strconv.FormatFloat(d.Seconds(), 'f', 3, 64), "-c", "copy", path).CombinedOutput()
	if err != nil {
		return fmt.Errorf("record %s: %w: %s", url, err, out)
	}
	return nil
}
