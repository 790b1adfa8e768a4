package screen

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/widgets"
)

// pushSheet asks where to push a stream. What was kept of a saved target is used without being shown.
type pushSheet struct {
	*sheet
	streams *Streams
	stream  string
	saved   *widget.Select
	forget  *widget.Button
	name    *widgets.Entry
	url     *widgets.Entry
	key     *widgets.Entry
	hint    *widget.Label
	test    *widget.Button
	kept    kept
	tries   int // counts the tests, so that the answer to an old one is not taken for the newest
}

// kept is the whole address of the saved target that is chosen. It stands for its address alone: typed over, it is
// of no use, or a key would go to another server.
type kept struct {
	target savedTarget
	whole  gateway.Secret
	coming bool
}

// PushTo asks where to, and then pushes the selected stream there.
func (s *Streams) PushTo() {
	stream := s.selected()
	if stream == nil {
		return
	}
	p := &pushSheet{
		streams: s,
		stream:  stream.Name,
		saved:   widget.NewSelect(nil, nil),
		name:    widgets.NewEntry(lang.L("not kept if empty")),
		url:     widgets.NewEntry("rtmp://host/live"),
		key:     widgets.NewSecretEntry(),
		hint:    wrapped(""),
	}
	p.hint.Importance = widget.LowImportance
	p.forget = widget.NewButton(lang.L("Forget"), p.forgetSaved)
	p.test = widget.NewButton(lang.L("Test"), p.try)
	p.sheet = s.newSheet(p.stream, lang.L("Push {{.Stream}}", map[string]any{"Stream": p.stream}), lang.L("Start push"), p.body()...)
	p.confirm.OnTapped = p.start
	p.changed = p.check
	p.wire()
	p.list()
	p.show(p.url)
}

func (p *pushSheet) body() []fyne.CanvasObject {
	return []fyne.CanvasObject{
		container.New(layout.NewFormLayout(),
			caption(lang.L("Saved target")), container.NewBorder(nil, nil, nil, p.forget, p.saved),
			caption(lang.L("RTMP URL")), container.NewBorder(nil, nil, nil, p.test, p.url),
			caption(lang.L("RTMP stream or key")), p.key,
			caption(lang.L("Keep as")), p.name,
		),
		container.New(widgets.Room{Least: fyne.NewSize(sheetWidth, hintHeight)}, p.hint),
	}
}

func (p *pushSheet) wire() {
	edited := func(string) {
		p.tries++
		p.say("", widget.MediumImportance)
		p.check()
	}
	p.saved.OnChanged = p.choose
	p.url.OnChanged, p.key.OnChanged = edited, edited
	canvas := p.streams.params.Window.Canvas()
	p.url.OnSubmitted = func(string) { canvas.Focus(p.key) }
	p.key.OnSubmitted = func(string) { canvas.Focus(p.name) }
	p.name.OnSubmitted = func(string) { p.start() }
}

// list offers the saved targets.
func (p *pushSheet) list() {
	p.saved.Options = nil
	for _, t := range p.streams.params.Targets.all() {
		p.saved.Options = append(p.saved.Options, t.Name)
	}
	p.saved.PlaceHolder = lang.L("Choose a saved target")
	if len(p.saved.Options) == 0 {
		p.saved.PlaceHolder = lang.L("None is saved yet")
	}
	widgets.SetEnabled(p.saved, len(p.saved.Options) > 0)
	p.saved.ClearSelected()
}

// choose fills in a saved target and fetches what was kept secret of it.
func (p *pushSheet) choose(name string) {
	t, ok := p.streams.params.Targets.find(name)
	p.kept = kept{target: t, coming: ok && t.Keyed}
	if ok {
		p.key.SetText("")
		p.name.SetText(t.Name)
		p.url.SetText(t.URL)
	}
	if p.kept.coming {
		p.streams.model.FindSecret(targetSecret(name), func(whole gateway.Secret) {
			if p.kept.target != t {
				return
			}
			p.kept.coming, p.kept.whole = false, whole
			if whole == "" {
				p.say(lang.L("The key of this target cannot be read. Type it again."), widget.DangerImportance)
			}
			p.check()
		})
	}
	p.check()
}

func (p *pushSheet) forgetSaved() {
	p.streams.params.Targets.forget(p.saved.Selected)
	p.list()
}

// address is what was typed, or pasted.
func (p *pushSheet) address() string { return strings.TrimSpace(p.url.Text) }

// keeps tells whether a saved target stands as it was saved.
func (p *pushSheet) keeps() bool {
	return p.kept.target.Keyed && p.address() == p.kept.target.URL && p.key.Text == ""
}

func (p *pushSheet) spec() gateway.PushSpec {
	if p.keeps() && p.kept.whole != "" {
		t, _ := parseTarget(p.kept.whole.Reveal())
		return gateway.PushSpec{Stream: p.stream, URL: p.kept.whole, FullURL: t.hasKey()}
	}
	return pushSpec(p.stream, p.address(), p.key.Text)
}

// check says where the push would go and lets it start if it can.
func (p *pushSheet) check() {
	name := p.key.Text
	if spec := p.spec(); name == "" && !spec.FullURL {
		name = p.stream
	}
	bad := targetProblem(p.address(), name)
	if p.keeps() {
		bad = nil
	}
	ready := bad == nil && (!p.keeps() || p.kept.whole != "")
	switch {
	case p.address() == "":
		p.hint.SetText("")
	case bad != nil:
		p.hint.SetText(model.Problem(bad))
	case p.keeps():
		p.hint.SetText(lang.L("Publishes to {{.Address}} with the key that was kept.", map[string]any{"Address": p.kept.target.URL}))
	default:
		p.hint.SetText(pushHint(p.address(), p.key.Text, p.stream, p.streams.params.NamePrefix))
	}
	p.key.SetPlaceHolder(map[bool]string{true: lang.L("kept")}[p.keeps()])
	widgets.SetEnabled(p.forget, p.saved.Selected != "")
	widgets.SetEnabled(p.test, ready)
	p.ready(ready)
}

// try asks the server without publishing anything.
func (p *pushSheet) try() {
	p.tries++
	try := p.tries
	p.say(lang.L("Testing…"), widget.MediumImportance)
	p.streams.model.TestPush(p.spec(), func(test gateway.PushTest, err *gateway.Error) {
		switch {
		case try != p.tries:
		case err != nil:
			p.refuse(err)
		default:
			p.say(testWords(test), widget.SuccessImportance)
		}
	})
}

func (p *pushSheet) start() {
	spec, name := p.spec(), p.name.Text
	p.run(func(done model.Done) { p.streams.model.StartPush(spec, done) }, func() {
		if name != "" {
			p.streams.params.Targets.save(name, spec)
		}
	})
}
