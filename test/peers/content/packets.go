package content

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// packet is one packet of a container, as ffprobe tells it.
type packet struct {
	video         bool
	pts, dts, len time.Duration
}

// probe lists the packets of a file in their order.
func probe(ctx context.Context, path string) ([]packet, error) {
	out, err := exec.CommandContext(ctx, "ffprobe", "-v", "error", "-show_entries",
		"packet=codec_type,pts_time,dts_time,duration_time", "-of", "csv=p=0", path).Output()
	if err != nil {
		return nil, said("ffprobe", err)
	}
	reader := csv.NewReader(strings.NewReader(string(out)))
	reader.FieldsPerRecord = -1
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("ffprobe output: %w", err)
	}
	var packets []packet
	for _, row := range rows {
		if len(row) < 4 || row[0] != "video" && row[0] != "audio" {
			continue
		}
		packets = append(packets, packet{video: row[0] == "video", pts: seconds(row[1]), dts: seconds(row[2]), len: seconds(row[3])})
	}
	return packets, nil
}

// seconds reads a decimal number of seconds; ffprobe writes N/A where it knows none.
func seconds(text string) time.Duration {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return time.Duration(f * float64(time.Second)).Round(time.Microsecond)
}

// said adds what a program wrote to stderr to its error.
func said(program string, err error) error {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(string(exit.Stderr)))
	}
	return fmt.Errorf("%s: %w", program, err)
}

// container is what the timestamps of a file tell.
type container struct {
	videoSpan, audioSpan time.Duration
	videoGap             time.Duration // longest step between two pictures
	audioHoles           int           // steps between audio packets longer than a packet
	backward             int           // packets whose DTS lies before that of the one before in the same track
}

// holeTolerance is how far two audio packets may stand apart beyond the first one's length: FLV counts milliseconds.
const holeTolerance = 5 * time.Millisecond

func inspect(packets []packet) container {
	var c container
	tracks := map[bool][]packet{}
	for _, p := range packets {
		tracks[p.video] = append(tracks[p.video], p)
	}
	for video, track := range tracks {
		for i := 1; i < len(track); i++ {
			step := track[i].dts - track[i-1].dts
			switch {
			case step < 0:
				c.backward++
			case video:
				c.videoGap = max(c.videoGap, step)
			case step > track[i-1].len+holeTolerance:
				c.audioHoles++
			}
		}
		span := track[len(track)-1].pts + track[len(track)-1].len - track[0].pts
		if video {
			c.videoSpan = span
		} else {
			c.audioSpan = span
		}
	}
	return c
}
