package screen

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
)

// StatusBar shows where the gateway listens, and in red where it could not.
type StatusBar struct {
	model    *model.Model
	working  *fyne.Container
	problems *fyne.Container
	content  fyne.CanvasObject
}

// NewStatusBar makes the bar, with a bell at its end.
func NewStatusBar(m *model.Model, version string, bell fyne.CanvasObject) *StatusBar {
	s := &StatusBar{model: m, working: container.NewHBox(), problems: container.NewVBox()}
	about := caption(strings.TrimSpace("Callcast " + version))
	s.content = container.NewVBox(widget.NewSeparator(), s.problems,
		container.NewBorder(nil, nil, nil, container.NewHBox(about, bell), container.NewHScroll(s.working))) // many ports do not widen the window
	return s
}

// Content is what the window shows.
func (s *StatusBar) Content() fyne.CanvasObject { return s.content }

// Update shows what changed.
func (s *StatusBar) Update(c model.Change) {
	if !c.Listeners {
		return
	}
	s.working.RemoveAll()
	s.problems.RemoveAll()
	for _, l := range s.model.Listeners() {
		l.Name = listenerName(l)
		if l.Err != nil {
			s.problems.Add(problemLabel(model.ListenerProblem(l)))
			continue
		}
		s.working.Add(caption(l.Name + " " + l.Address))
	}
	s.content.Refresh()
}

func problemLabel(text string) *widget.Label {
	label := widget.NewLabel(text)
	label.Importance = widget.DangerImportance
	label.Truncation = fyne.TextTruncateEllipsis
	return label
}

func listenerName(l gateway.Listener) string {
	if l.Name == "" {
		return lang.L("Port")
	}
	return strings.ToUpper(l.Name)
}
