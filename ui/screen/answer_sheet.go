package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/widgets"
)

// answerHeight is room for the inputs with a problem under each.
const answerHeight = 150

// answerSheet asks under which name a call is published when it is taken, and where it is pushed.
type answerSheet struct {
	*sheet
	*inputs
	ringing *Ringing
	call    string
}

func (r *Ringing) answerToAir(p *ringPlate) {
	s := &answerSheet{ringing: r, call: p.call.ID}
	s.inputs = newInputs(r.window.Canvas().Focus, func() { s.check() })
	form := container.New(layout.NewFormLayout(),
		caption(lang.L("Stream name")), s.add("toStream", widgets.NewEntry(lang.L("made up if empty"))),
		caption(lang.L("RTMP URL")), s.add("rtmpUrl", widgets.NewEntry("rtmp://host/live")),
		caption(lang.L("RTMP stream or key")), s.add("rtmpStream", widgets.NewSecretEntry()))
	s.sheet = r.newSheet(p.call.ID, lang.L("Answer {{.Who}} to air", map[string]any{"Who": caller(p.call)}), lang.L("Answer"),
		container.New(widgets.Room{Least: fyne.NewSize(sheetWidth, answerHeight)}, container.NewVScroll(form)))
	s.last = s.confirm
	s.confirm.Importance = widget.SuccessImportance
	s.confirm.OnTapped = s.answer
	s.changed = func() { s.ready(true) }
	s.refused = func(err *gateway.Error) {
		if !s.blame(err) {
			s.refuse(err)
		}
	}
	address, key := r.params.Target()
	s.set(s.byName["rtmpUrl"], address)
	s.set(s.byName["rtmpStream"], key)
	s.sheet.show(s.byName["toStream"].Entry)
}

func (s *answerSheet) spec() gateway.AnswerSpec {
	return gateway.AnswerSpec{
		CallID: s.call, Stream: s.text("toStream"),
		RTMPURL: gateway.Secret(s.text("rtmpUrl")), RTMPStream: gateway.Secret(s.text("rtmpStream")),
	}
}

// check shows what is wrong and returns the first field with a problem.
func (s *answerSheet) check() *field {
	spec := s.spec()
	problems := map[string]string{}
	for _, err := range (gateway.CallSpec{Stream: spec.Stream, RTMPURL: spec.RTMPURL, RTMPStream: spec.RTMPStream}).Validate() {
		problems[err.Field] = model.Problem(err)
	}
	first, _ := s.inputs.show(problems)
	return first
}

func (s *answerSheet) answer() {
	s.touchAll()
	if bad := s.check(); bad != nil {
		s.focus(bad.Entry)
		return
	}
	spec := s.spec()
	s.run(func(done model.Done) { s.ringing.model.Answer(spec, done) }, func() {})
}
