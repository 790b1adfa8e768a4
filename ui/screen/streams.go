package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	consoletheme "callcast/ui/theme"
	"callcast/ui/widgets"
)

const (
	noticeHeight = 38   // two lines
	tableShare   = 0.48 // of the height; the details have the rest
)

// StreamsParams is what Streams needs.
type StreamsParams struct {
	Model      *model.Model
	Targets    SavedTargets
	NamePrefix string // what the gateway puts before the name it publishes
	Window     fyne.Window
	Copy       func(text string) // to the clipboard
}

// Streams shows the streams that exist, what becomes of the selected one and what can be done with it.
type Streams struct {
	params StreamsParams
	model  *model.Model
	table  *table

	copyLink *widget.Button
	showCode *widget.Button
	pushTo   *widget.Button
	inject   *widget.Button
	fetch    *widget.Button
	stop     *widget.Button
	notice   *widget.Label
	told     string // what the last verb was told; its place is the player's link's otherwise
	about    string // the stream it is about
	bad      bool   // it is a refusal

	plan   *widgets.Items
	sinks  *widgets.Items
	pushes *widgets.Items
	*sheets
}

// NewStreams makes the screen.
func NewStreams(p StreamsParams) *Streams {
	s := &Streams{params: p, model: p.Model, notice: widget.NewLabel("")}
	s.sheets = &sheets{window: p.Window, gone: s.gone, late: s.refused}
	s.notice.Wrapping = fyne.TextWrapWord
	s.notice.SizeName = theme.SizeNameCaptionText
	s.copyLink = widget.NewButton(lang.L("Copy link"), s.CopyLink)
	s.showCode = widget.NewButton(lang.L("QR code"), s.ShowCode)
	s.pushTo = widget.NewButton(lang.L("Push to…"), s.PushTo)
	s.inject = widget.NewButton(lang.L("Inject…"), s.Inject)
	s.fetch = widget.NewButton(lang.L("Fetch RTMP…"), s.Fetch)
	s.stop = widget.NewButton(lang.L("Stop"), s.Stop)
	s.plan = widgets.NewItems(consoletheme.Compact{}, lang.L("Nothing has arrived yet."))
	s.sinks = widgets.NewItems(consoletheme.Compact{}, lang.L("Nobody watches. Copy the link and open it in a browser."))
	s.pushes = widgets.NewItems(consoletheme.Compact{}, lang.L("Not pushed. Press “Push to…”."))
	s.table = newStreams(s.model)
	showTable := s.table.update
	s.table.update = func(c model.Change) {
		showTable(c)
		s.update()
	}
	s.table.content = s.build()
	return s
}

func (s *Streams) build() fyne.CanvasObject {
	tools := container.NewHBox(s.copyLink, s.showCode, s.pushTo, s.inject, s.stop, widget.NewSeparator(), s.fetch)
	notice := container.NewThemeOverride(s.notice, consoletheme.Compact{})
	head := container.NewVBox(tools,
		container.New(widgets.Room{Least: fyne.NewSize(0, noticeHeight)}, container.NewVScroll(notice)))
	details := container.NewGridWithColumns(3,
		headed(lang.L("Source and plan"), s.plan),
		headed(lang.L("Viewers and readers"), s.sinks),
		headed(lang.L("Pushes"), s.pushes))
	both := container.NewVSplit(s.table.grid, details)
	both.SetOffset(tableShare)
	// The order of the objects is that of the focus.
	return container.New(layout.NewBorderLayout(head, nil, nil, nil), head, both)
}

func headed(title string, body fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(container.NewThemeOverride(heading(title), consoletheme.Table{}), nil, nil, nil, body)
}

// selected is the stream that is selected, nil if none.
func (s *Streams) selected() *gateway.Stream { return s.model.Selected().Stream }

func (s *Streams) gone(stream string) string {
	if s.model.StreamRow(stream) >= 0 {
		return ""
	}
	return lang.L("This stream is gone.")
}

// update follows the model, except for the table. What nobody sees is left as it is until the tab is shown.
func (s *Streams) update() {
	s.follow()
	if !s.table.content.Visible() {
		return
	}
	stream := s.selected()
	name := ""
	if stream != nil {
		name = stream.Name
	}
	if name != s.about {
		s.about, s.told, s.bad = name, "", false
	}
	s.showNotice()
	_, linked := s.link()
	widgets.SetEnabled(s.copyLink, stream != nil && linked)
	widgets.SetEnabled(s.showCode, stream != nil && linked)
	widgets.SetEnabled(s.pushTo, stream != nil)
	widgets.SetEnabled(s.inject, stream != nil)
	widgets.SetEnabled(s.stop, stream != nil)
	s.showDetails(stream)
}

// tell keeps the outcome of a verb on show until the next one or another selection.
func (s *Streams) tell(text string, bad bool) {
	s.told, s.bad = text, bad
	s.showNotice()
}

// refused is how a verb ends that has nothing to say when all is well.
func (s *Streams) refused(err *gateway.Error) {
	if err == nil {
		s.tell("", false)
		return
	}
	s.tell(model.Problem(err), true)
}

func (s *Streams) showNotice() {
	text, tone := s.told, widget.MediumImportance
	switch {
	case text == "" && s.selected() == nil:
		text, tone = lang.L("Select a stream to see where it goes."), widget.LowImportance
	case text == "":
		l, _ := s.link()
		text, tone = l.words(), widget.LowImportance
	case s.bad:
		tone = widget.DangerImportance
	}
	if text != s.notice.Text || tone != s.notice.Importance {
		s.notice.Importance = tone
		s.notice.SetText(text)
	}
}
