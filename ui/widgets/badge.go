package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Badge is a word on a coloured plate, large enough to be read across a room.
type Badge struct {
	widget.BaseWidget
	text       string
	fill, word fyne.ThemeColorName
}

// NewBadge makes a badge with nothing on it.
func NewBadge(fill, word fyne.ThemeColorName) *Badge {
	b := &Badge{fill: fill, word: word}
	b.ExtendBaseWidget(b)
	return b
}

// Set changes word and colours.
func (b *Badge) Set(text string, fill, word fyne.ThemeColorName) {
	if text == b.text && fill == b.fill && word == b.word {
		return
	}
	b.text, b.fill, b.word = text, fill, word
	b.Refresh()
}

// Text is the word on the badge.
func (b *Badge) Text() string { return b.text }

// CreateRenderer implements fyne.Widget.
func (b *Badge) CreateRenderer() fyne.WidgetRenderer {
	plate := canvas.NewRectangle(nil)
	word := canvas.NewText("", nil)
	word.Alignment = fyne.TextAlignCenter
	word.TextStyle.Bold = true
	r := &badgeRenderer{badge: b, plate: plate, word: word}
	r.Refresh()
	return r
}

type badgeRenderer struct {
	badge *Badge
	plate *canvas.Rectangle
	word  *canvas.Text
}

func (r *badgeRenderer) Layout(size fyne.Size) {
	r.plate.Resize(size)
	r.word.Resize(size)
}

func (r *badgeRenderer) MinSize() fyne.Size {
	pad := r.badge.Theme().Size(theme.SizeNameInnerPadding)
	return r.word.MinSize().AddWidthHeight(2*pad, 2*pad)
}

func (r *badgeRenderer) Refresh() {
	r.plate.FillColor = theme.ColorForWidget(r.badge.fill, r.badge)
	r.plate.CornerRadius = r.badge.Theme().Size(theme.SizeNameInputRadius)
	r.word.Text = r.badge.text
	r.word.TextSize = r.badge.Theme().Size(theme.SizeNameHeadingText)
	r.word.Color = theme.ColorForWidget(r.badge.word, r.badge)
	r.plate.Refresh()
	r.word.Refresh()
}

func (r *badgeRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.plate, r.word} }

func (r *badgeRenderer) Destroy() {}
