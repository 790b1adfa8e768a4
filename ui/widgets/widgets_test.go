package widgets

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetest "fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	consoletheme "callcast/ui/theme"
)

func TestMeterFillsFromTheFoot(t *testing.T) {
	fynetest.NewTempApp(t)
	m := NewMeter()
	m.Resize(fyne.NewSize(10, 60)) // a pixel for each dB
	zones := func() (heights []float32) {
		for _, o := range fynetest.WidgetRenderer(m).Objects()[1:4] {
			heights = append(heights, o.(*canvas.Rectangle).Size().Height)
		}
		return heights
	}
	for _, tt := range []struct {
		rms  float64
		want []float32
	}{
		{-96, []float32{0, 0, 0}},
		{-30, []float32{30, 0, 0}},
		{-12, []float32{42, 6, 0}},
		{0, []float32{42, 12, 6}},
		{+9, []float32{42, 12, 6}},
	} {
		m.SetLevel(tt.rms, tt.rms)
		require.InDeltaSlice(t, tt.want, zones(), 0.01, "%v dBFS", tt.rms)
	}
}

func TestGridAsksForRowsInSightOnly(t *testing.T) {
	fynetest.NewTempApp(t)
	asked := map[int]int{}
	g := NewGrid(theme.DefaultTheme(), []Column{{Title: "n", Width: 100}}, func() int { return 1000 }, func(row int) []Cell {
		asked[row]++
		return []Cell{{Text: fmt.Sprint(row)}}
	})
	w := fynetest.NewTempWindow(t, g)
	w.Resize(fyne.NewSize(200, 300))
	require.Less(t, len(asked), 30)
	clear(asked)
	g.RefreshRow(2)
	g.RefreshRow(900)
	require.Equal(t, map[int]int{2: 1}, asked)
}

func TestGridTellsTheOperatorsChoiceOnly(t *testing.T) {
	fynetest.NewTempApp(t)
	g := NewGrid(theme.DefaultTheme(), []Column{{Title: "n", Width: 100}}, func() int { return 3 }, func(int) []Cell {
		return []Cell{{}}
	})
	fynetest.NewTempWindow(t, g)
	var chosen []int
	g.OnSelected = func(row int) { chosen = append(chosen, row) }
	g.Mark(1)
	require.Equal(t, 1, g.Marked())
	require.Empty(t, chosen)
	g.list.Select(2)
	require.Equal(t, []int{2}, chosen)
	g.Mark(-1)
	require.Equal(t, -1, g.Marked())
}

func TestSecretEntryHidesUntilAsked(t *testing.T) {
	fynetest.NewTempApp(t)
	e := NewSecretEntry()
	require.True(t, e.Password)
	fynetest.Tap(e.ActionItem.(fyne.Tappable))
	require.False(t, e.Password)
}

func TestItemsKeepTheirButtonsWhileOthersComeAndGo(t *testing.T) {
	fynetest.NewTempApp(t)
	l := NewItems(consoletheme.Compact{}, "nothing")
	fynetest.NewTempWindow(t, l)
	require.True(t, l.none.Visible())
	var done []string
	item := func(key, text string) Item {
		return Item{Key: key, State: key, Text: text, Buttons: []ItemButton{{Text: "Stop", Do: func() { done = append(done, text) }}}}
	}
	l.Set([]Item{item("a", "a1"), item("b", "b1")})
	button := l.rows["b"].buttons[0]
	l.Set([]Item{item("b", "b2"), item("c", "c1")})
	require.Same(t, button, l.rows["b"].buttons[0])
	require.Same(t, l.rows["b"].content, l.box.Objects[0])
	require.Same(t, l.rows["c"].content, l.box.Objects[1])
	require.NotContains(t, l.rows, "a")
	require.Less(t, l.rows["c"].state.MinSize().Height, widget.NewLabel("c").MinSize().Height, "the newcomer has another theme")
	fynetest.Tap(button)
	require.Equal(t, []string{"b2"}, done, "a button does what its item says now")
	bad := item("c", "c1")
	bad.Problem, bad.Buttons = "broken", nil
	l.Set([]Item{bad})
	require.Equal(t, []fyne.CanvasObject{l.rows["c"].content}, l.box.Objects)
	require.True(t, l.rows["c"].problem.Visible())
	require.Empty(t, l.rows["c"].buttons)
	l.Set(nil)
	require.Equal(t, []fyne.CanvasObject{l.none}, l.box.Objects)
}
