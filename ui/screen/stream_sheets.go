package screen

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/qr"
	"callcast/ui/widgets"
)

// codeSize is the side of a QR code on the screen: large enough to be scanned from a desk away.
const codeSize = 280

// linkHeight is room for a link and who can open it: four lines.
const linkHeight = 84

// Stop asks, and then ends the source of the selected stream.
func (s *Streams) Stop() {
	stream := s.selected()
	if stream == nil {
		return
	}
	name := stream.Name
	words := widget.NewLabel(stopWords(stream.Source))
	words.Wrapping = fyne.TextWrapWord
	sh := s.newSheet(name, lang.L("Stop {{.Stream}}", map[string]any{"Stream": name}), lang.L("Stop the stream"), words)
	sh.confirm.Importance = widget.DangerImportance
	sh.confirm.OnTapped = func() {
		sh.run(func(done model.Done) { s.model.StopStream(name, done) }, func() {})
	}
	sh.changed = func() { sh.ready(true) }
	sh.show(nil)
}

func stopWords(source gateway.SourceKind) string {
	switch source {
	case gateway.SourceSIP:
		return lang.L("The call is hung up. Viewers and pushes lose the stream.")
	case gateway.SourcePull:
		return lang.L("It is not fetched any more. Viewers and pushes lose the stream.")
	default:
		return lang.L("The publisher is disconnected. Viewers and pushes lose the stream.")
	}
}

// Inject asks for a call, and then sends the selected stream to its remote party.
func (s *Streams) Inject() {
	stream := s.selected()
	if stream == nil {
		return
	}
	name := stream.Name
	var calls []gateway.Call
	choice := widget.NewSelect(nil, nil)
	choice.PlaceHolder = lang.L("Choose a call")
	sh := s.newSheet(name, lang.L("Inject {{.Stream}}", map[string]any{"Stream": name}), lang.L("Inject"),
		wrapped(lang.L("The other side of the call sees and hears this stream in place of the slate.")), choice)
	sh.changed = func() {
		calls = s.model.OpenTo(name)
		chosen := choice.Selected
		choice.Options = callChoices(calls)
		if choice.SelectedIndex() < 0 && chosen != "" {
			choice.ClearSelected() // the call is over
		}
		if len(calls) == 0 && sh.gone == "" {
			sh.say(lang.L("No other call is established."), widget.MediumImportance)
		}
		sh.ready(choice.SelectedIndex() >= 0)
	}
	choice.OnChanged = func(string) {
		sh.say("", widget.MediumImportance)
		sh.ready(choice.SelectedIndex() >= 0)
	}
	sh.confirm.OnTapped = func() {
		call := calls[choice.SelectedIndex()].ID
		sh.run(func(done model.Done) { s.model.Inject(call, name, done) }, func() {})
	}
	sh.show(choice)
}

// callChoices names calls so that no two have the same name.
func callChoices(calls []gateway.Call) []string {
	var names []string
	for _, c := range calls {
		name := line(short(party(c)), c.Stream)
		if c.Injected != "" {
			name = line(name, lang.L("now: {{.Stream}}", map[string]any{"Stream": c.Injected}))
		}
		names = append(names, name)
	}
	return names
}

// Fetch asks for an address, and then fetches a stream from there.
func (s *Streams) Fetch() {
	address := widgets.NewEntry("rtmp://host/live/name")
	name := widgets.NewEntry(lang.L("same as the address"))
	sh := s.newSheet("", lang.L("Fetch an RTMP stream"), lang.L("Fetch"),
		container.New(layout.NewFormLayout(), caption(lang.L("RTMP URL")), address, caption(lang.L("Stream name")), name))
	sh.changed = func() { sh.ready(address.Text != "") }
	address.OnChanged = func(string) {
		sh.say("", widget.MediumImportance)
		sh.ready(address.Text != "")
	}
	sh.confirm.OnTapped = func() {
		spec := gateway.PullSpec{URI: gateway.Secret(address.Text), Stream: name.Text}
		sh.run(func(done model.Done) { s.model.StartPull(spec, done) }, func() {})
	}
	address.OnSubmitted = func(string) { s.params.Window.Canvas().Focus(name) }
	name.OnSubmitted = func(string) { sh.confirm.OnTapped() }
	sh.show(address)
}

// ShowCode shows the player's link for a phone's camera.
func (s *Streams) ShowCode() {
	l, ok := s.link()
	if !ok {
		return
	}
	code, err := qr.Encode(l.address)
	if err != nil {
		s.tell(lang.L("This link is too long for a QR code. Copy it instead."), true)
		return
	}
	picture := canvas.NewImageFromImage(painted(code))
	picture.ScaleMode = canvas.ImageScalePixels
	picture.FillMode = canvas.ImageFillContain
	picture.SetMinSize(fyne.NewSize(codeSize, codeSize))
	words := container.New(widgets.Room{Least: fyne.NewSize(sheetWidth, linkHeight)}, wrapped(l.address+"\n"+l.hint()))
	d := dialog.NewCustomWithoutButtons(s.selected().Name, container.NewVBox(picture, words), s.params.Window)
	d.SetButtons([]fyne.CanvasObject{
		widget.NewButton(lang.L("Copy link"), func() { s.params.Copy(l.address) }),
		widget.NewButton(lang.L("Close"), d.Hide),
	})
	d.Show()
}

// painted is a code in black on white, one pixel a module, with the quiet zone that scanners need.
func painted(code *qr.Code) image.Image {
	const quiet = 4
	side := code.Size() + 2*quiet
	picture := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			inside := x >= quiet && y >= quiet && x < side-quiet && y < side-quiet
			if !inside || !code.Dark(x-quiet, y-quiet) {
				picture.SetGray(x, y, color.Gray{Y: 0xff})
			}
		}
	}
	return picture
}

func wrapped(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	return l
}
