package screen

import (
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

// sideWidth is the room beside the picture.
const sideWidth = 290

// Monitor shows the selected call or stream, and what can be done with it.
type Monitor struct {
	model   *model.Model
	unfocus func()
	content fyne.CanvasObject

	picture  *widgets.Picture
	blind    *gateway.Error // why there is no picture
	refusal  string         // what the last verb was told
	shown    string         // what the refusal is about
	meter    *widgets.Meter
	title    *widget.Label
	lamp     *widgets.Badge
	status   *widget.Label
	stream   *widget.Label
	lasted   *widget.Label
	video    *widget.Label
	audio    *widget.Label
	bitrate  *widget.Label
	network  *widget.Label
	push     *widget.Label
	refused  *widget.Label
	marks    *widget.Label
	lock     *widget.Icon
	problem  *widget.Label
	hangUp   *widget.Button
	keyframe *widget.Button
	hold     *widget.Button
	mute     *widget.Button
	transfer *widget.Button
	details  fyne.CanvasObject
	tones    *tones
	devices  *devices
	sheets   *sheets
}

// NewMonitor makes the monitor.
func NewMonitor(m *model.Model, window fyne.Window) *Monitor {
	mo := &Monitor{
		model:   m,
		unfocus: window.Canvas().Unfocus,
		picture: widgets.NewPicture(consoletheme.ColorNameScreen),
		meter:   widgets.NewMeter(),
		title:   widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true}),
		lamp:    widgets.NewBadge(plate(model.ToneIdle)),
		status:  value(), stream: value(), lasted: value(), video: value(), audio: value(), bitrate: value(), network: value(), push: value(), refused: value(), marks: value(),
		lock:    widget.NewIcon(consoletheme.Lock()),
		problem: widget.NewLabel(""),
	}
	mo.title.Truncation = fyne.TextTruncateEllipsis
	mo.title.SizeName = theme.SizeNameSubHeadingText
	mo.push.Truncation = fyne.TextTruncateOff
	mo.push.Wrapping = fyne.TextWrapBreak
	mo.refused.Truncation = fyne.TextTruncateOff
	mo.refused.Wrapping = fyne.TextWrapWord
	mo.marks.Importance = widget.WarningImportance
	mo.lock.Hide()
	mo.problem.Wrapping = fyne.TextWrapWord
	mo.problem.Hide()
	mo.hangUp = widget.NewButton(lang.L("Hang up"), mo.HangUp)
	mo.hangUp.Importance = widget.DangerImportance
	mo.keyframe = widget.NewButton(lang.L("Keyframe"), mo.requestKeyframe)
	mo.hold = widget.NewButton("", mo.ToggleHold)
	mo.mute = widget.NewButton("", mo.ToggleMute)
	mo.transfer = widget.NewButton(lang.L("Transfer…"), mo.Transfer)
	mo.tones = newTones(mo.sendDTMF)
	mo.devices = newDevices(m)
	mo.sheets = &sheets{window: window, gone: mo.gone, late: mo.told}
	mo.build()
	mo.show(m.Selected())
	return mo
}

// Content is what the window shows.
func (mo *Monitor) Content() fyne.CanvasObject { return mo.content }

func (mo *Monitor) build() {
	facts := container.NewThemeOverride(container.New(layout.NewFormLayout(),
		caption(lang.L("Status")), mo.status,
		caption(lang.L("Stream")), mo.stream,
		caption(lang.L("Time")), mo.lasted,
		caption(lang.L("Video")), mo.video,
		caption(lang.L("Audio")), mo.audio,
		caption(lang.L("Bitrate")), mo.bitrate,
		caption(lang.L("Network")), mo.network,
		caption(lang.L("RTMP")), mo.push,
		caption(lang.L("Refused")), mo.refused,
	), consoletheme.Compact{})
	mo.details = container.NewVScroll(container.NewVBox(mo.problem, facts))
	top := container.NewVBox(mo.lamp, container.NewThemeOverride(container.NewVBox(
		container.NewBorder(nil, nil, mo.lock, nil, mo.title), mo.marks), consoletheme.Compact{}))
	foot := container.NewVBox(container.NewGridWithColumns(2, mo.hangUp, mo.keyframe),
		container.NewGridWithColumns(3, mo.hold, mo.mute, mo.transfer),
		container.NewGridWithColumns(2, widget.NewButton(lang.L("Keypad"), mo.ToggleKeypad), widget.NewButton(lang.L("Devices"), mo.ToggleDevices)))
	middle := container.New(widgets.Room{Least: fyne.NewSize(sideWidth, 0)}, mo.details, mo.tones.content, mo.devices.content)
	side := container.New(layout.NewBorderLayout(top, foot, nil, nil), top, foot, middle)
	mo.content = container.NewBorder(nil, nil, nil, side,
		container.NewBorder(nil, nil, nil, mo.meter, mo.picture))
}

// Update shows what changed.
func (mo *Monitor) Update(c model.Change) {
	mo.sheets.follow()
	if c.Selection || c.Clock {
		mo.show(mo.model.Selected())
	}
}

// ShowPicture shows the newest picture and level.
func (mo *Monitor) ShowPicture(p model.Picture) {
	mo.meter.SetLevel(p.Level.RMS, p.Level.Peak)
	if p.Frame != nil {
		mo.picture.SetFrame(p.Frame)
		return
	}
	mo.blind = p.Err
	mo.picture.Say(noPicture(mo.model.Selected(), mo.blind))
}

func noPicture(s model.Selection, err *gateway.Error) string {
	switch {
	case err != nil:
		return model.Problem(err)
	case s.Call == nil && s.Stream == nil:
		return lang.L("No call yet. Fill in the form and press Call.")
	case s.Call != nil && s.Call.Status.Ended():
		return model.Why(*s.Call)
	case s.Stream == nil:
		return lang.L("No picture: nothing arrives yet.")
	case s.Stream.Live && s.Stream.Video.Codec == "":
		return lang.L("Sound only.")
	default:
		return lang.L("Waiting for the picture.")
	}
}

func (mo *Monitor) show(s model.Selection) {
	f := factsOf(s, time.Now())
	if about := s.ID(); about != mo.shown {
		mo.shown, mo.refusal = about, ""
	}
	if mo.refusal != "" {
		f.problem, f.calm = mo.refusal, false
	}
	setText(mo.title, f.title)
	fill, word := plate(f.lamp.Tone)
	mo.lamp.Set(f.lamp.Text, fill, word)
	setText(mo.status, f.status)
	setText(mo.stream, f.stream)
	setText(mo.lasted, f.lasted)
	setText(mo.video, f.video)
	setText(mo.audio, f.audio)
	setText(mo.bitrate, f.bitrate)
	setText(mo.network, f.network)
	setText(mo.push, f.push)
	setText(mo.refused, f.refused)
	setText(mo.marks, f.marks)
	mo.lock.Hidden = !f.encrypted
	setButton(mo.hold, f.holdWord)
	setButton(mo.mute, f.muteWord)
	widgets.SetEnabled(mo.hold, f.canTalk)
	widgets.SetEnabled(mo.mute, f.canTalk)
	widgets.SetEnabled(mo.transfer, f.canTalk)
	mo.devices.show(s.Call)
	mo.say(f.problem, f.calm)
	widgets.SetEnabled(mo.hangUp, f.canHangUp)
	widgets.SetEnabled(mo.keyframe, f.canKeyframe)
	mo.tones.show(mo.shown, f.canTalk, f.digits)
	if mo.picture.Frame() == nil {
		mo.picture.Say(noPicture(s, mo.blind))
	}
}

func value() *widget.Label {
	l := widget.NewLabel("")
	l.Truncation = fyne.TextTruncateEllipsis
	return l
}

func setText(l *widget.Label, text string) {
	if l.Text != text {
		l.SetText(text)
	}
}

func setButton(b *widget.Button, text string) {
	if b.Text != text {
		b.SetText(text)
	}
}
