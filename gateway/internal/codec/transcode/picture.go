package transcode

import "image"

// fitWidth scales a size down to at most maxWidth, keeping its shape.
func fitWidth(w, h, maxWidth int) (width, height int) {
	if maxWidth <= 0 || w <= maxWidth {
		return w, h
	}
	return maxWidth, max(1, h*maxWidth/w)
}

// shrink scales a size down to at most width x height, keeping its shape. Both sides are even, as 4:2:0 wants them.
func shrink(size image.Point, width, height int) image.Point {
	if size.X > width {
		size.X, size.Y = width, size.Y*width/size.X
	}
	if size.Y > height {
		size.X, size.Y = size.X*height/size.Y, height
	}
	return image.Pt(size.X&^1, size.Y&^1)
}

// resize returns an image of this size, in dst's memory if it is large enough.
func resize(dst *image.RGBA, width, height int) *image.RGBA {
	n := 4 * width * height
	if dst == nil || cap(dst.Pix) < n {
		return image.NewRGBA(image.Rect(0, 0, width, height))
	}
	return &image.RGBA{Pix: dst.Pix[:n], Stride: 4 * width, Rect: image.Rect(0, 0, width, height)}
}
