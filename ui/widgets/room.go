package widgets

import "fyne.io/fyne/v2"

// Room is a layout that gives all its objects one room of a certain least size, whatever they ask for themselves.
// Text that wraps asks for absurd heights before it knows its width, and would make the whole window follow.
type Room struct{ Least fyne.Size }

// Layout implements fyne.Layout.
func (r Room) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
}

// MinSize implements fyne.Layout.
func (r Room) MinSize([]fyne.CanvasObject) fyne.Size { return r.Least }

// Footed is a layout for a scrolled body and a foot: the foot stands right under the body while there is room for both,
// else at the bottom, and the body scrolls. Body is what is scrolled, Scroll and Foot are the container's objects.
type Footed struct{ Body, Scroll, Foot fyne.CanvasObject }

// Layout implements fyne.Layout.
func (f Footed) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	foot := f.Foot.MinSize().Height
	body := max(0, min(f.Body.MinSize().Height, size.Height-foot))
	f.Scroll.Move(fyne.NewPos(0, 0))
	f.Scroll.Resize(fyne.NewSize(size.Width, body))
	f.Foot.Move(fyne.NewPos(0, body))
	f.Foot.Resize(fyne.NewSize(size.Width, foot))
}

// MinSize implements fyne.Layout.
func (f Footed) MinSize([]fyne.CanvasObject) fyne.Size {
	scroll, foot := f.Scroll.MinSize(), f.Foot.MinSize()
	return fyne.NewSize(max(scroll.Width, foot.Width), scroll.Height+foot.Height)
}
