package screen

import (
	"crypto/rand"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/widgets"
)

const (
	hintHeight = 48 // three lines
	callHeight = 44
)

// FormParams is what the form needs.
type FormParams struct {
	Model      *model.Model
	Memory     Memory
	NamePrefix string // what the gateway puts before the name it publishes
	Focus      func(fyne.Focusable)
	OnShortcut func(fyne.Shortcut)
}

// Form asks for everything a call needs.
type Form struct {
	params  FormParams
	content fyne.CanvasObject
	body    *fyne.Container

	*accountInputs
	register *widget.Check
	hasAudio *widget.Check
	hasVideo *widget.Check
	hint     *widget.Label
	problem  *widget.Label
	call     *widget.Button
	test     *widget.Button
	tries    int // counts the tests and what made them void, so that only the newest is shown
}

// NewForm makes the form, filled with what is remembered.
func NewForm(p FormParams) *Form {
	f := &Form{params: p}
	in := newInputs(p.Focus, func() { f.check() })
	in.left, in.onShortcut = f.fieldLeft, p.OnShortcut
	f.accountInputs = newAccountInputs(in)
	f.hint = widget.NewLabel("")
	f.hint.Wrapping = fyne.TextWrapWord
	f.hint.Importance = widget.LowImportance
	f.hint.SizeName = theme.SizeNameCaptionText
	f.problem = widget.NewLabel("")
	f.problem.Wrapping = fyne.TextWrapWord
	f.problem.Importance = widget.DangerImportance
	f.problem.Hide()
	f.call = widget.NewButton(lang.L("Call"), f.Call)
	f.call.Importance = widget.HighImportance
	in.last = f.call
	f.test = widget.NewButton(lang.L("Test"), f.Test)
	f.build()
	f.fill(p.Memory.Load())
	return f
}

// Content is what the window shows.
func (f *Form) Content() fyne.CanvasObject { return f.content }

func (f *Form) build() {
	f.register = widget.NewCheck(lang.L("Register"), nil)
	f.hasAudio = widget.NewCheck(lang.L("Has audio"), nil)
	f.hasVideo = widget.NewCheck(lang.L("Has video"), nil)

	rows := []fyne.CanvasObject{heading(lang.L("SIP account")), widget.NewLabel("")}
	rows = append(rows, f.rows(f.register)...)
	rows = append(rows,
		heading(lang.L("New call")), widget.NewLabel(""),
		caption(lang.L("Whom to call")), f.add("callee", widgets.NewEntry("1002")),
		caption(lang.L("Stream name")), f.add("toStream", widgets.NewEntry(lang.L("made up if empty"))),
		caption(lang.L("RTMP URL")), container.NewBorder(nil, nil, nil, container.NewVBox(f.test), f.add("rtmpUrl", widgets.NewEntry("rtmp://host/live"))),
		caption(lang.L("RTMP stream or key")), f.add("rtmpStream", widgets.NewSecretEntry()),
		widget.NewLabel(""), container.NewGridWithColumns(2, f.hasAudio, f.hasVideo),
	)
	f.body = container.New(layout.NewFormLayout(), rows...)
	scroll := container.NewVScroll(f.body)
	foot := container.NewVBox(
		container.New(widgets.Room{Least: fyne.NewSize(0, hintHeight)}, f.hint),
		f.problem,
		container.New(widgets.Room{Least: fyne.NewSize(0, callHeight)}, f.call),
	)
	f.content = container.New(widgets.Footed{Body: f.body, Scroll: scroll, Foot: foot}, scroll, foot)
	f.unfolded = f.content.Refresh
}

// fieldLeft looks up what is remembered for an account or a server that has just been typed in.
func (f *Form) fieldLeft(fd *field) {
	switch fd.name {
	case "sipLogin", "sipDomain":
		f.recall(f.byName["sipPassword"], accountSecret(f.spec("").Account))
	case "rtmpUrl":
		f.recall(f.byName["rtmpStream"], keySecret(fd.Entry.Text))
	}
}

// recall fills an empty secret from the store.
func (f *Form) recall(fd *field, name string) {
	if name == "" || fd.Entry.Text != "" {
		return
	}
	f.params.Model.LoadSecret(name, func(s gateway.Secret) {
		if fd.Entry.Text == "" {
			f.set(fd, s.Reveal())
		}
	})
}

// spec is what the form says, exactly as typed.
func (f *Form) spec(id string) gateway.CallSpec {
	account := f.account()
	account.Register = f.register.Checked
	return gateway.CallSpec{
		ID:         id,
		Callee:     f.text("callee"),
		Account:    account,
		Stream:     f.text("toStream"),
		RTMPURL:    gateway.Secret(f.text("rtmpUrl")),
		RTMPStream: gateway.Secret(f.text("rtmpStream")),
		HasAudio:   f.hasAudio.Checked,
		HasVideo:   f.hasVideo.Checked,
	}
}

// check shows the problems of the fields that were touched and returns the first field with one, touched or not.
func (f *Form) check() *field {
	problems := map[string]string{}
	for _, err := range f.spec("new").Validate() {
		problems[err.Field] = model.Problem(err)
	}
	first, resized := f.show(problems)
	f.say("")
	f.tries++
	widgets.SetEnabled(f.test, f.text("rtmpUrl") != "")
	f.hint.SetText(publishHint(f.text("rtmpUrl"), f.text("rtmpStream"), f.params.NamePrefix))
	if resized {
		f.content.Refresh()
	}
	return first
}

// Call starts the call, or points at the first field that keeps it from starting.
func (f *Form) Call() {
	f.touchAll()
	if bad := f.check(); bad != nil {
		f.unfoldFor(bad)
		f.params.Focus(bad.Entry)
		return
	}
	spec := f.spec(rand.Text())
	f.call.Disable()
	f.params.Model.StartCall(spec, func(err *gateway.Error) {
		f.call.Enable()
		if err != nil {
			f.refused(err)
			return
		}
		f.params.Memory.Save(spec)
	})
}

// refused shows what the gateway said where it belongs: under its field if it has one.
func (f *Form) refused(err *gateway.Error) {
	text := model.Problem(err)
	if fd, ok := f.byName[err.Field]; ok {
		if fd.SetProblem(text) {
			f.content.Refresh()
		}
		f.unfoldFor(fd)
		f.params.Focus(fd.Entry)
		return
	}
	f.say(text)
}

func (f *Form) say(problem string) {
	if problem == f.problem.Text {
		return
	}
	f.problem.SetText(problem)
	if problem == "" {
		f.problem.Hide()
	} else {
		f.problem.Show()
	}
	f.content.Refresh()
}

func heading(text string) fyne.CanvasObject {
	return widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
}

func caption(text string) fyne.CanvasObject {
	l := widget.NewLabel(text)
	l.Importance = widget.LowImportance
	return l
}

// Target is where the form would push a call.
func (f *Form) Target() (rawURL, key string) { return f.text("rtmpUrl"), f.text("rtmpStream") }
