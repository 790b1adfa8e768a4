package gatewaytest

import (
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"math"
	"sync"
	"time"

	"callcast/gateway"
)

const (
	pictureWidth  = 640
	pictureHeight = 360
	frameTime     = 40 * time.Millisecond
	sweepTime     = 4 * time.Second // once across the picture
)

// preview draws colour bars with a white line that sweeps across; each stream starts its line elsewhere.
type preview struct {
	started time.Time
	closed  func()
	once    sync.Once

	mu   sync.Mutex // guards last
	last time.Duration
}

func newPreview(stream string, closed func()) *preview {
	h := fnv.New32a()
	_, _ = h.Write([]byte(stream))
	offset := time.Duration(h.Sum32()%uint32(sweepTime/time.Millisecond)) * time.Millisecond
	return &preview{started: time.Now().Add(-offset), closed: closed, last: -1}
}

// Frame implements gateway.Preview.
func (p *preview) Frame(dst *image.RGBA) (*image.RGBA, bool) {
	now := time.Since(p.started).Truncate(frameTime)
	p.mu.Lock()
	defer p.mu.Unlock()
	if now == p.last {
		return dst, false
	}
	p.last = now
	if dst == nil || dst.Rect.Dx() != pictureWidth || dst.Rect.Dy() != pictureHeight {
		dst = image.NewRGBA(image.Rect(0, 0, pictureWidth, pictureHeight))
	}
	drawPicture(dst, float64(now%sweepTime)/float64(sweepTime))
	return dst, true
}

func drawPicture(dst *image.RGBA, phase float64) {
	bars := [...]color.RGBA{
		{0xb4, 0xb4, 0xb4, 0xff},
		{0xb4, 0xb4, 0x10, 0xff},
		{0x10, 0xb4, 0xb4, 0xff},
		{0x10, 0xb4, 0x10, 0xff},
		{0xb4, 0x10, 0xb4, 0xff},
		{0xb4, 0x10, 0x10, 0xff},
		{0x10, 0x10, 0xb4, 0xff},
		{0x10, 0x10, 0x10, 0xff},
	}
	for i, c := range bars {
		r := image.Rect(i*pictureWidth/len(bars), 0, (i+1)*pictureWidth/len(bars), pictureHeight)
		draw.Draw(dst, r, image.NewUniform(c), image.Point{}, draw.Src)
	}
	x := int(phase * pictureWidth)
	draw.Draw(dst, image.Rect(x, 0, x+8, pictureHeight), image.White, image.Point{}, draw.Src)
}

// Level implements gateway.Preview.
func (p *preview) Level() gateway.Level {
	now := time.Now()
	rms := -22 + 10*math.Sin(2*math.Pi*now.Sub(p.started).Seconds()/1.5)
	return gateway.Level{RMS: rms, Peak: rms + 6, At: now}
}

// Close implements gateway.Preview.
func (p *preview) Close() { p.once.Do(p.closed) }
