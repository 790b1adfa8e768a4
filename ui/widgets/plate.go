package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Plate is something on a plate with a frame, which is seen above whatever lies under it.
type Plate struct {
	widget.BaseWidget
	body        fyne.CanvasObject
	fill, frame fyne.ThemeColorName
}

// NewPlate puts body on a plate.
func NewPlate(fill, frame fyne.ThemeColorName, body fyne.CanvasObject) *Plate {
	p := &Plate{body: body, fill: fill, frame: frame}
	p.ExtendBaseWidget(p)
	return p
}

// Tapped implements fyne.Tappable: what is tapped here does not reach what lies under it.
func (p *Plate) Tapped(*fyne.PointEvent) {}

// CreateRenderer implements fyne.Widget.
func (p *Plate) CreateRenderer() fyne.WidgetRenderer {
	plate := canvas.NewRectangle(theme.ColorForWidget(p.fill, p))
	plate.StrokeColor = theme.ColorForWidget(p.frame, p)
	plate.StrokeWidth = 3
	plate.CornerRadius = p.Theme().Size(theme.SizeNameInputRadius)
	pad := 2 * p.Theme().Size(theme.SizeNamePadding)
	return widget.NewSimpleRenderer(container.NewStack(plate, container.New(layout.NewCustomPaddedLayout(pad, pad, pad, pad), p.body)))
}

// Aloft is a layout that keeps its objects near the top on the left, as wide as Width if that leaves Spare on the right,
// and as high as they ask for.
type Aloft struct{ Width, Spare, Gap, Top float32 }

// Layout implements fyne.Layout.
func (a Aloft) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		width := max(o.MinSize().Width, min(a.Width, size.Width-a.Gap-a.Spare))
		o.Resize(fyne.NewSize(width, min(o.MinSize().Height, size.Height-a.Top)))
		o.Move(fyne.NewPos(a.Gap, a.Top))
	}
}

// MinSize implements fyne.Layout.
func (a Aloft) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }
