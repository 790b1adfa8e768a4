package transcode

import "image"

// fitWidth scales a size down to at most maxWidth, keeping its shape.
func fitWidth(w, h, maxWidth int) (width, height int) {
	if maxWidth <= 0 || w <= maxWidth {
		return w, h
	}
	return maxWidth, max(1, h*maxWidth/w)
}

// resize returns an image of this size, in dst's memory if it is large enough.
func resize(dst *image.RGBA, width, height int) *image.RGBA {
	n := 4 * width * height
	if dst == nil || cap(dst.Pix) < n {
		return image.NewRGBA(image.Rect(0, 0, width, height))
	}
	return &image.RGBA{Pix: dst.Pix[:n], Stride: 4 * width, Rect: image.Rect(0, 0, width, height)}
}
