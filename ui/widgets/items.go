package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// barWidth is kept free for the bar that scrolls, which would cover the buttons.
const barWidth = 10

// Item is one entry of Items: a state in a word or two, what it is about, what is wrong with it and what can be done.
type Item struct {
	Key     string // tells items apart
	State   string
	Tone    widget.Importance
	Text    string
	Problem string
	Buttons []ItemButton
}

// ItemButton is one thing that can be done with an Item.
type ItemButton struct {
	Text string
	Do   func()
}

// Items is a scrolled list of things with a few lines each. An item keeps its place on the screen and its buttons for
// as long as its key is there, so that nothing moves under the operator's hand and the focus stays.
type Items struct {
	widget.BaseWidget
	box   *fyne.Container
	dress *container.ThemeOverride // of the box
	none  *widget.Label
	rows  map[string]*itemRow
	keys  []string
}

// NewItems makes an empty list whose lines stand as th says. none is shown while it is empty.
func NewItems(th fyne.Theme, none string) *Items {
	l := &Items{none: widget.NewLabel(none), rows: map[string]*itemRow{}}
	l.none.Importance = widget.LowImportance
	l.none.Wrapping = fyne.TextWrapWord
	l.box = container.NewVBox(l.none)
	l.dress = container.NewThemeOverride(container.New(layout.NewCustomPaddedLayout(0, 0, 0, barWidth), l.box), th)
	l.ExtendBaseWidget(l)
	return l
}

// Set shows these items and no others.
func (l *Items) Set(items []Item) {
	keys := make([]string, 0, len(items))
	changed := false
	for _, item := range items {
		row := l.rows[item.Key]
		if row == nil || len(row.item.Buttons) != len(item.Buttons) {
			row = newItemRow(item)
			l.rows[item.Key] = row
			l.keys = nil // this object is not in the box yet
		}
		changed = row.show(item) || changed
		keys = append(keys, item.Key)
	}
	if !slices.Equal(keys, l.keys) {
		l.arrange(keys)
		changed = true
	}
	if changed {
		l.box.Refresh()
	}
}

func (l *Items) arrange(keys []string) {
	l.keys = keys
	l.box.RemoveAll()
	for _, key := range keys {
		l.box.Add(l.rows[key].content)
	}
	for key := range l.rows {
		if !slices.Contains(keys, key) {
			delete(l.rows, key)
		}
	}
	if len(keys) == 0 {
		l.box.Add(l.none)
	}
	l.dress.Refresh() // which is how what was added gets the theme
}

// CreateRenderer implements fyne.Widget.
func (l *Items) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewVScroll(l.dress))
}

// itemRow is one item on the screen.
type itemRow struct {
	item    Item
	state   *widget.Label
	text    *widget.Label
	problem *widget.Label
	buttons []*widget.Button
	content fyne.CanvasObject
}

func newItemRow(item Item) *itemRow {
	r := &itemRow{item: item, state: widget.NewLabel(""), text: widget.NewLabel(""), problem: widget.NewLabel("")}
	r.state.TextStyle.Bold = true
	r.state.Truncation = fyne.TextTruncateEllipsis
	r.text.Wrapping = fyne.TextWrapWord
	r.problem.Wrapping = fyne.TextWrapWord
	r.problem.Importance = widget.DangerImportance
	r.problem.Hide()
	row := container.NewHBox()
	for i := range item.Buttons {
		b := widget.NewButton("", func() { r.item.Buttons[i].Do() })
		r.buttons = append(r.buttons, b)
		row.Add(b)
	}
	r.content = container.New(tight{}, container.NewBorder(nil, nil, nil, row, r.state), r.text, r.problem)
	return r
}

// show reports whether anything differs.
func (r *itemRow) show(item Item) bool {
	r.item = item
	changed := setLabel(r.text, item.Text)
	if r.state.Importance != item.Tone {
		r.state.Importance = item.Tone
		r.state.Refresh()
	}
	changed = setLabel(r.state, item.State) || changed
	if setLabel(r.problem, item.Problem) {
		r.problem.Hidden = item.Problem == ""
		changed = true
	}
	for i, b := range r.buttons {
		if b.Text != item.Buttons[i].Text {
			b.SetText(item.Buttons[i].Text)
			changed = true
		}
	}
	return changed
}

func setLabel(l *widget.Label, text string) bool {
	if l.Text == text {
		return false
	}
	l.SetText(text)
	return true
}
