package screen

import (
	"slices"
	"strings"
	"time"

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
	ladderShare = 0.45                   // of the width; the rest is the message
	besideShare = 0.30                   // of the width, beside an offer and its answer
	wordsHeight = 56                     // three lines
	ladderPause = 500 * time.Millisecond // at least, between two looks at a call that lives
)

// Ladder shows the SIP messages of the selected call, and its offers of media beside their answers.
type Ladder struct {
	model *model.Model
	copy  func(text string)
	table *table

	ladder   *widgets.Ladder
	message  *widget.Label
	sdp      *widgets.Grid
	words    *widget.Label     // the chosen line in full, or all that was refused
	text     fyne.CanvasObject // the message
	media    fyne.CanvasObject // the comparison
	split    *container.Split
	showText *widget.Button
	showSDP  *widget.Button
	copyAll  *widget.Button
	notice   *widget.Label

	call   gateway.Call
	shown  gateway.Ladder
	pairs  []model.Pair
	final  bool // what is shown was fetched after the call had ended
	asking bool
	asked  time.Time
}

// NewLadder makes the screen. toClipboard takes the ladder as text.
func NewLadder(m *model.Model, toClipboard func(text string)) *Ladder {
	l := &Ladder{model: m, copy: toClipboard, ladder: widgets.NewLadder(), message: widget.NewLabel(""), notice: widget.NewLabel("")}
	l.ladder.OnSelected = func(int) { l.describe() }
	l.message.TextStyle.Monospace = true
	l.message.Selectable = true
	l.message.SizeName = theme.SizeNameCaptionText
	l.notice.Importance = widget.LowImportance
	l.notice.Truncation = fyne.TextTruncateEllipsis
	l.sdp = widgets.NewGrid(consoletheme.Table{}, []widgets.Column{
		{Title: lang.L("Offered"), Width: 110}, {Title: lang.L("Answered"), Width: 110}, {Title: lang.L("What became of it"), Width: 100},
	}, func() int { return len(l.pairs) }, func(row int) []widgets.Cell { return pairCells(l.pairs[row]) })
	l.sdp.OnSelected = l.explain
	l.words = wrapped("")
	l.words.SizeName = theme.SizeNameCaptionText
	l.showText = widget.NewButton(lang.L("Message"), func() { l.turn(false) })
	l.showSDP = widget.NewButton(lang.L("Offer and answer"), func() { l.turn(true) })
	l.copyAll = widget.NewButton(lang.L("Copy all"), l.Copy)
	l.text = container.NewScroll(l.message)
	l.media = container.NewBorder(nil, container.New(widgets.Room{Least: fyne.NewSize(0, wordsHeight)}, container.NewVScroll(l.words)), nil, nil, l.sdp)
	l.table = &table{grid: l.sdp, title: func() string { return lang.L("SIP") }, update: l.update}
	l.table.content = l.build()
	l.turn(false)
	return l
}

func (l *Ladder) build() fyne.CanvasObject {
	tools := container.NewBorder(nil, nil, container.NewHBox(l.showText, l.showSDP, l.copyAll), nil, l.notice)
	l.split = container.NewHSplit(l.ladder, container.NewStack(l.text, l.media))
	// The order of the objects is that of the focus.
	return container.New(layout.NewBorderLayout(tools, nil, nil, nil), tools, l.split)
}

// turn shows the comparison in place of the message, or the message again.
func (l *Ladder) turn(sdp bool) {
	l.text.Show()
	l.media.Hide()
	l.showText.Importance, l.showSDP.Importance = widget.MediumImportance, widget.LowImportance
	l.split.SetOffset(ladderShare)
	if sdp {
		l.split.SetOffset(besideShare)
		l.text.Hide()
		l.media.Show()
		l.showText.Importance, l.showSDP.Importance = widget.LowImportance, widget.MediumImportance
	}
	l.showText.Refresh()
	l.showSDP.Refresh()
}

// Copy puts the whole ladder on the clipboard, for whoever is asked for help.
func (l *Ladder) Copy() {
	if len(l.shown.Messages) > 0 {
		l.copy(model.LadderText(l.shown))
		setText(l.notice, lang.L("Copied: {{.N}} messages", map[string]any{"N": len(l.shown.Messages)}))
	}
}

// update follows the selected call. What nobody sees is left as it is until the tab is shown.
func (l *Ladder) update(model.Change) {
	if !l.table.content.Visible() {
		return
	}
	selected := l.model.Selected().Call
	switch {
	case selected == nil:
		l.forget(gateway.Call{})
		setText(l.notice, lang.L("Select a call to see its SIP messages."))
		return
	case selected.ID != l.call.ID || !selected.Created.Equal(l.call.Created):
		l.forget(*selected)
	}
	l.call = *selected
	l.look()
}

// forget begins anew with another call.
func (l *Ladder) forget(call gateway.Call) {
	l.call, l.final, l.asked = call, false, time.Time{}
	l.show(gateway.Ladder{CallID: call.ID})
	l.ladder.Choose(-1)
	setText(l.notice, "")
}

// look fetches the messages: of a call that lives now and then, of one that ended once.
func (l *Ladder) look() {
	if l.asking || l.final || time.Since(l.asked) < ladderPause {
		return
	}
	asked, ended := l.call, l.call.Status.Ended()
	l.asking, l.asked = true, time.Now()
	l.model.Ladder(asked.ID, func(ladder gateway.Ladder, err *gateway.Error) {
		l.asking = false
		switch {
		case asked.ID != l.call.ID:
			l.update(model.Change{})
		case err != nil:
			l.final = ended
			setText(l.notice, noLadder(err))
		default:
			l.final = ended
			l.show(ladder)
		}
	})
}

func noLadder(err *gateway.Error) string {
	if err.Reason == gateway.ReasonCallNotFound {
		return lang.L("No SIP messages are kept of this call.")
	}
	return model.Problem(err)
}

func (l *Ladder) show(ladder gateway.Ladder) {
	if slices.Equal(ladder.Messages, l.shown.Messages) && ladder.CallID == l.shown.CallID {
		return
	}
	l.shown = ladder
	var rungs []widgets.Rung
	for i, m := range ladder.Messages {
		rungs = append(rungs, widgets.Rung{
			Time: model.RungOffset(ladder, i), Words: model.RungWords(m), Right: m.Sent, Color: rungColor(model.RungTone(m)),
		})
	}
	l.ladder.Set("Callcast", other(ladder), rungs)
	if ladder.Dropped > 0 {
		setText(l.notice, lang.L("{{.N}} older messages were not kept", map[string]any{"N": ladder.Dropped}))
	}
	widgets.SetEnabled(l.copyAll, len(rungs) > 0)
	l.describe()
}

// other is the address at the other end, of the last message.
func other(l gateway.Ladder) string {
	if len(l.Messages) == 0 {
		return none
	}
	return l.Messages[len(l.Messages)-1].Remote
}

// describe shows the selected message, and the offer and answer that it belongs to.
func (l *Ladder) describe() {
	chosen := l.ladder.Chosen()
	text := lang.L("Select an arrow to read the message.")
	if chosen >= 0 && chosen < len(l.shown.Messages) {
		text = model.Printable(l.shown.Messages[chosen].Text)
	}
	setText(l.message, text)
	l.pairs = nil
	if exchange, ok := model.ExchangeOf(l.shown, chosen); ok {
		l.pairs = model.Compare(exchange, l.call.Refused)
	}
	l.sdp.Refresh()
	l.sdp.Mark(-1)
	l.explain(-1)
}

// explain shows a line of the comparison in full, or with -1 all lines that were refused.
func (l *Ladder) explain(row int) {
	var lines []string
	for i, p := range l.pairs {
		if i == row || row < 0 && (p.Tone == model.ToneBad || p.Tone == model.ToneWaiting) {
			lines = append(lines, pairText(p))
		}
	}
	setText(l.words, strings.Join(lines, "\n"))
}

func pairText(p model.Pair) string {
	return line(orNone(model.Printable(p.Offer)), orNone(model.Printable(p.Answer)), orNone(model.Printable(p.Words)))
}

func pairCells(p model.Pair) []widgets.Cell {
	words := cell(p.Words)
	if p.Words != "" {
		words.Tone = importance(p.Tone)
	}
	return []widgets.Cell{cell(model.Printable(p.Offer)), cell(model.Printable(p.Answer)), words}
}

func rungColor(t model.Tone) fyne.ThemeColorName {
	switch t {
	case model.ToneGood:
		return theme.ColorNameSuccess
	case model.ToneWaiting:
		return theme.ColorNameWarning
	case model.ToneBad:
		return theme.ColorNameError
	default:
		return theme.ColorNameForeground
	}
}
