package content

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"callcast/assets"
)

// A picture is compared with the clip's own by the mean brightness of squares: what is damaged differs in some of
// them, wherever in the picture it is, while coding it again hardly changes one.
const (
	cell      = 5 // pixels of the small grey picture
	cellsWide = width / cell
	cellCount = cellsWide * (height / cell)
	tolerance = 24 // of 256
)

// cells is a picture in little.
type cells [cellCount]uint8

func shrink(grey []byte) cells {
	var c cells
	for i := range c {
		x, y := i%cellsWide*cell, i/cellsWide*cell
		sum := 0
		for row := y; row < y+cell; row++ {
			for _, v := range grey[row*width+x:][:cell] {
				sum += int(v)
			}
		}
		c[i] = uint8(sum / (cell * cell))
	}
	return c
}

// like reports whether two pictures are the same to the eye.
func (c *cells) like(other *cells) bool {
	for i := range c {
		if d := int(c[i]) - int(other[i]); d > tolerance || d < -tolerance {
			return false
		}
	}
	return true
}

// clipPictures is the clip as it should be, by frame number.
func clipPictures(ctx context.Context) ([]cells, error) {
	stream, err := assets.ClipVideo(0)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "clip")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "clip.h264")
	if err := os.WriteFile(path, stream, 0o600); err != nil {
		return nil, err
	}
	var out []cells
	err = pictures(ctx, path, func(_ time.Duration, grey []byte) { out = append(out, shrink(grey)) })
	if err == nil && len(out) != loop {
		err = fmt.Errorf("the clip has %d pictures", len(out))
	}
	return out, err
}
