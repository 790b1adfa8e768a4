package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const (
	meterFloor = -60.0 // dBFS at the foot of the scale
	meterLoud  = -18.0 // from here on amber
	meterHot   = -6.0  // from here on red
	meterWidth = 14
)

// Meter shows how loud sound is, in dBFS: a bar that fills from the foot and a line at the peak.
type Meter struct {
	widget.BaseWidget
	rms, peak float64
}

// NewMeter makes a meter that shows silence.
func NewMeter() *Meter {
	m := &Meter{rms: meterFloor, peak: meterFloor}
	m.ExtendBaseWidget(m)
	return m
}

// SetLevel shows a level.
func (m *Meter) SetLevel(rms, peak float64) {
	rms, peak = max(rms, meterFloor), max(peak, meterFloor)
	if rms == m.rms && peak == m.peak {
		return
	}
	m.rms, m.peak = rms, peak
	m.Refresh()
}

// Level is what is shown.
func (m *Meter) Level() (rms, peak float64) { return m.rms, m.peak }

// CreateRenderer implements fyne.Widget.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	r := &meterRenderer{meter: m, back: canvas.NewRectangle(nil), line: canvas.NewRectangle(nil)}
	for i := range r.zones {
		r.zones[i] = canvas.NewRectangle(nil)
	}
	r.paint()
	return r
}

type meterRenderer struct {
	meter *Meter
	back  *canvas.Rectangle
	zones [3]*canvas.Rectangle // green, amber, red
	line  *canvas.Rectangle
}

func (r *meterRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	edges := [...]float64{meterFloor, meterLoud, meterHot, 0}
	for i, zone := range r.zones {
		low, high := height(size, edges[i]), height(size, min(r.meter.rms, edges[i+1]))
		zone.Resize(fyne.NewSize(size.Width, max(0, high-low)))
		zone.Move(fyne.NewPos(0, size.Height-max(high, low)))
	}
	r.line.Resize(fyne.NewSize(size.Width, 2))
	r.line.Move(fyne.NewPos(0, min(size.Height-height(size, r.meter.peak), size.Height-2)))
}

// height is how high above the foot a level stands.
func height(size fyne.Size, db float64) float32 {
	return size.Height * float32((min(db, 0)-meterFloor)/-meterFloor)
}

func (r *meterRenderer) MinSize() fyne.Size { return fyne.NewSize(meterWidth, 40) }

func (r *meterRenderer) paint() {
	names := [...]fyne.ThemeColorName{theme.ColorNameSuccess, theme.ColorNameWarning, theme.ColorNameError}
	for i, zone := range r.zones {
		zone.FillColor = theme.ColorForWidget(names[i], r.meter)
	}
	r.back.FillColor = theme.ColorForWidget(theme.ColorNameInputBackground, r.meter)
	r.line.FillColor = theme.ColorForWidget(theme.ColorNameForeground, r.meter)
}

func (r *meterRenderer) Refresh() {
	r.paint()
	r.Layout(r.meter.Size())
	canvas.Refresh(r.meter)
}

func (r *meterRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.zones[0], r.zones[1], r.zones[2], r.line}
}

func (r *meterRenderer) Destroy() {}
