package widgets

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Picture shows moving pictures, as large as fits, or a few words where there is none.
type Picture struct {
	widget.BaseWidget
	screen *canvas.Rectangle
	image  *canvas.Image
	words  *widget.Label
	fill   fyne.ThemeColorName
}

// NewPicture makes an empty screen of the given colour.
func NewPicture(fill fyne.ThemeColorName) *Picture {
	p := &Picture{screen: canvas.NewRectangle(nil), image: &canvas.Image{}, words: widget.NewLabel(""), fill: fill}
	p.image.FillMode = canvas.ImageFillContain
	p.image.ScaleMode = canvas.ImageScaleFastest
	p.image.Hide()
	p.words.Alignment = fyne.TextAlignCenter
	p.words.Wrapping = fyne.TextWrapWord
	p.words.Importance = widget.LowImportance
	p.ExtendBaseWidget(p)
	return p
}

// SetFrame puts a picture on the screen. It is shown, not copied: it must not change until the next one.
func (p *Picture) SetFrame(frame *image.RGBA) {
	p.image.Image = frame
	if p.image.Hidden {
		p.words.Hide()
		p.image.Show()
	}
	p.image.Refresh()
}

// Say takes the picture away and shows words instead.
func (p *Picture) Say(words string) {
	if p.image.Hidden && p.words.Text == words {
		return
	}
	p.image.Hide()
	p.image.Image = nil
	p.words.SetText(words)
	p.words.Show()
}

// Frame is the picture shown, nil if none.
func (p *Picture) Frame() image.Image { return p.image.Image }

// Words is what Say said, empty while there is a picture.
func (p *Picture) Words() string {
	if p.words.Hidden {
		return ""
	}
	return p.words.Text
}

// CreateRenderer implements fyne.Widget.
func (p *Picture) CreateRenderer() fyne.WidgetRenderer {
	p.screen.FillColor = theme.ColorForWidget(p.fill, p)
	return widget.NewSimpleRenderer(container.New(Room{Least: fyne.NewSize(160, 90)}, p.screen, p.image,
		container.NewVBox(layout.NewSpacer(), p.words, layout.NewSpacer())))
}
