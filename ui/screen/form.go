package screen

import (
	"crypto/rand"
	"strconv"

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

	fields    []*field // in the order of the form and of its focus
	byName    map[string]*field
	transport *widget.Select
	register  *widget.Check
	hasAudio  *widget.Check
	hasVideo  *widget.Check
	hint      *widget.Label
	problem   *widget.Label
	call      *widget.Button
	test      *widget.Button
	tries     int // counts the tests and what made them void, so that only the newest is shown
}

// field is one input, known by its WCS name as errors are.
type field struct {
	*widgets.Field
	name    string
	touched bool // typed in or asked for: from then on its problem is shown
}

// NewForm makes the form, filled with what is remembered.
func NewForm(p FormParams) *Form {
	f := &Form{params: p, byName: map[string]*field{}}
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
	f.test = widget.NewButton(lang.L("Test"), f.Test)
	f.build()
	f.fill(p.Memory.Load())
	return f
}

// Content is what the window shows.
func (f *Form) Content() fyne.CanvasObject { return f.content }

func (f *Form) build() {
	f.transport = widget.NewSelect([]string{"UDP", "TCP"}, func(string) { f.check() })
	f.register = widget.NewCheck(lang.L("Register"), nil)
	f.hasAudio = widget.NewCheck(lang.L("Has audio"), nil)
	f.hasVideo = widget.NewCheck(lang.L("Has video"), nil)

	f.body = container.New(layout.NewFormLayout(),
		heading(lang.L("SIP account")), widget.NewLabel(""),
		caption(lang.L("Login")), f.add("sipLogin", widgets.NewEntry("1001")),
		caption(lang.L("Authentication name")), f.add("sipAuthenticationName", widgets.NewEntry(lang.L("same as login"))),
		caption(lang.L("Password")), f.add("sipPassword", widgets.NewSecretEntry()),
		caption(lang.L("Domain")), f.add("sipDomain", widgets.NewEntry("sip.example.com")),
		caption(lang.L("Outbound proxy")), f.add("sipOutboundProxy", widgets.NewEntry(lang.L("same as domain"))),
		caption(lang.L("Port")), container.NewGridWithColumns(2, f.add("sipPort", widgets.NewEntry("5060")), f.transport),
		widget.NewLabel(""), f.register,
		heading(lang.L("New call")), widget.NewLabel(""),
		caption(lang.L("Whom to call")), f.add("callee", widgets.NewEntry("1002")),
		caption(lang.L("Stream name")), f.add("toStream", widgets.NewEntry(lang.L("made up if empty"))),
		caption(lang.L("RTMP URL")), container.NewBorder(nil, nil, nil, container.NewVBox(f.test), f.add("rtmpUrl", widgets.NewEntry("rtmp://host/live"))),
		caption(lang.L("RTMP stream or key")), f.add("rtmpStream", widgets.NewSecretEntry()),
		widget.NewLabel(""), container.NewGridWithColumns(2, f.hasAudio, f.hasVideo),
	)
	scroll := container.NewVScroll(f.body)
	foot := container.NewVBox(
		container.New(widgets.Room{Least: fyne.NewSize(0, hintHeight)}, f.hint),
		f.problem,
		container.New(widgets.Room{Least: fyne.NewSize(0, callHeight)}, f.call),
	)
	f.content = container.New(widgets.Footed{Body: f.body, Scroll: scroll, Foot: foot}, scroll, foot)
}

func (f *Form) add(name string, e *widgets.Entry) fyne.CanvasObject {
	fd := &field{Field: widgets.NewField(e), name: name}
	e.OnChanged = func(string) {
		fd.touched = true
		f.check()
	}
	e.OnSubmitted = func(string) { f.params.Focus(f.next(fd)) }
	e.OnLeft = func() { f.left(fd) }
	e.OnShortcut = f.params.OnShortcut
	f.fields = append(f.fields, fd)
	f.byName[name] = fd
	return fd.Field
}

// next is the field below, or the button after the last: Enter walks through the form.
func (f *Form) next(fd *field) fyne.Focusable {
	for i, other := range f.fields[:len(f.fields)-1] {
		if other == fd {
			return f.fields[i+1].Entry
		}
	}
	return f.call
}

// left looks up what is remembered for an account or a server that has just been typed in.
func (f *Form) left(fd *field) {
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

func (f *Form) set(fd *field, text string) {
	touched := fd.touched
	fd.Entry.SetText(text)
	fd.touched = touched
	f.check()
}

// spec is what the form says, exactly as typed.
func (f *Form) spec(id string) gateway.CallSpec {
	text := func(name string) string { return f.byName[name].Entry.Text }
	return gateway.CallSpec{
		ID:     id,
		Callee: text("callee"),
		Account: gateway.Account{
			Login:         text("sipLogin"),
			AuthName:      text("sipAuthenticationName"),
			Password:      gateway.Secret(text("sipPassword")),
			Domain:        text("sipDomain"),
			OutboundProxy: text("sipOutboundProxy"),
			Port:          portOf(text("sipPort")),
			Transport:     transportOf(f.transport.Selected),
			Register:      f.register.Checked,
		},
		Stream:     text("toStream"),
		RTMPURL:    gateway.Secret(text("rtmpUrl")),
		RTMPStream: gateway.Secret(text("rtmpStream")),
		HasAudio:   f.hasAudio.Checked,
		HasVideo:   f.hasVideo.Checked,
	}
}

func portOf(text string) int {
	if text == "" {
		return 0
	}
	port, err := strconv.Atoi(text)
	if err != nil || port == 0 {
		return -1 // no port at all; the check says so
	}
	return port
}

func transportOf(choice string) gateway.Transport {
	if choice == "TCP" {
		return gateway.TransportTCP
	}
	return gateway.TransportUDP
}

// check shows the problems of the fields that were touched and returns the first field with one, touched or not.
func (f *Form) check() *field {
	problems := map[string]string{}
	for _, err := range f.spec("new").Validate() {
		problems[err.Field] = model.Problem(err)
	}
	var first *field
	resized := false
	for _, fd := range f.fields {
		problem := problems[fd.name]
		if problem != "" && first == nil {
			first = fd
		}
		if !fd.touched {
			problem = ""
		}
		resized = fd.SetProblem(problem) || resized
	}
	f.say("")
	f.tries++
	widgets.SetEnabled(f.test, f.byName["rtmpUrl"].Entry.Text != "")
	f.hint.SetText(publishHint(f.byName["rtmpUrl"].Entry.Text, f.byName["rtmpStream"].Entry.Text, f.params.NamePrefix))
	if resized {
		f.content.Refresh()
	}
	return first
}

// Call starts the call, or points at the first field that keeps it from starting.
func (f *Form) Call() {
	for _, fd := range f.fields {
		fd.touched = true
	}
	if bad := f.check(); bad != nil {
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
