package screen

import (
	"slices"

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

// devices lets the operator talk in the selected call with a microphone and a camera of this machine.
type devices struct {
	model      *model.Model
	content    *fyne.Container
	microphone *deviceChoice
	camera     *deviceChoice
	mirror     *widgets.Picture
	call       string
	using      gateway.DeviceUse // as the call says
	asking     int               // requests on their way: what is shown is what was asked for
}

// deviceChoice is the choice of one kind of device, with what is wrong under it.
type deviceChoice struct {
	*widgets.Choice
	kind    string
	found   []gateway.Device
	problem *widget.Label
}

func newDevices(m *model.Model) *devices {
	d := &devices{model: m, mirror: widgets.NewPicture(consoletheme.ColorNameScreen)}
	d.microphone, d.camera = d.newChoice("audio"), d.newChoice("video")
	d.content = container.NewBorder(container.New(layout.NewFormLayout(),
		caption(lang.L("Microphone")), container.NewVBox(d.microphone.Choice, d.microphone.problem),
		caption(lang.L("Camera")), container.NewVBox(d.camera.Choice, d.camera.problem),
	), nil, nil, nil, d.mirror)
	d.content.Hide()
	d.show(nil)
	return d
}

func (d *devices) newChoice(kind string) *deviceChoice {
	c := &deviceChoice{kind: kind, problem: widget.NewLabel("")}
	c.problem.Importance = widget.DangerImportance
	c.problem.SizeName = theme.SizeNameCaptionText
	c.problem.Wrapping = fyne.TextWrapWord
	c.problem.Hide()
	c.Choice = widgets.NewChoice(d.load, func(string) { d.use(c) })
	return c
}

// load looks the devices up, which may take time, and then goes on.
func (d *devices) load(then func()) {
	d.model.Devices(func(found []gateway.Device, err *gateway.Error) {
		for _, c := range []*deviceChoice{d.microphone, d.camera} {
			c.say(err)
			if err == nil {
				c.offer(found)
			}
		}
		d.mark()
		then()
	})
}

// show follows the selected call, which is nil if there is none.
func (d *devices) show(call *gateway.Call) {
	id, using, up := "", gateway.DeviceUse{}, false
	if call != nil {
		id, using, up = call.ID, call.Devices, model.IsUp(*call)
	}
	if id != d.call {
		d.asking = 0
		d.microphone.say(nil)
		d.camera.say(nil)
	}
	d.call, d.using = id, using
	widgets.SetEnabled(d.microphone, up)
	widgets.SetEnabled(d.camera, up)
	d.mark()
	if d.mirror.Frame() == nil {
		d.mirror.Say(noMirror(using))
	}
}

func noMirror(using gateway.DeviceUse) string {
	if using.Camera == "" {
		return lang.L("With a camera you see yourself here.")
	}
	return lang.L("Waiting for the picture.")
}

// mark shows what the call uses, unless something else was just asked for.
func (d *devices) mark() {
	if d.asking == 0 {
		d.microphone.choose(d.using.Microphone)
		d.camera.choose(d.using.Camera)
	}
}

func (d *devices) picture(p model.Picture) {
	switch {
	case p.Frame != nil:
		d.mirror.SetFrame(p.Frame)
	case p.Err != nil:
		d.mirror.Say(model.Problem(p.Err))
	default:
		d.mirror.Say(noMirror(d.using))
	}
}

// use asks for what both choices say now. changed is the one that a refusal without a field is about.
func (d *devices) use(changed *deviceChoice) {
	call := d.call
	d.asking++
	d.microphone.say(nil)
	d.camera.say(nil)
	want := gateway.DeviceUse{Microphone: d.microphone.id(), Camera: d.camera.id()}
	d.model.UseDevices(call, want, func(err *gateway.Error) {
		if call != d.call {
			return
		}
		d.asking = max(0, d.asking-1)
		if err == nil {
			return // the call tells what it uses
		}
		switch err.Field {
		case "microphone":
			changed = d.microphone
		case "camera":
			changed = d.camera
		}
		changed.say(err)
		d.mark()
	})
}

func (c *deviceChoice) say(err *gateway.Error) {
	text := ""
	if err != nil {
		text = model.Problem(err)
	}
	if text == c.problem.Text {
		return
	}
	c.problem.SetText(text)
	c.problem.Hidden = text == ""
	c.problem.Refresh()
}

// offer takes in which devices there are. Two of one name are told apart.
func (c *deviceChoice) offer(found []gateway.Device) {
	c.found = nil
	c.Options = []string{lang.L("none")}
	for _, device := range found {
		if device.Kind != c.kind {
			continue
		}
		name := device.Name
		if slices.Contains(c.Options, name) {
			name += " (" + device.ID + ")"
		}
		c.found = append(c.found, device)
		c.Options = append(c.Options, name)
	}
}

// choose shows a device as chosen. One that is not listed is shown by its id.
func (c *deviceChoice) choose(id string) {
	text := lang.L("none")
	if i := slices.IndexFunc(c.found, func(d gateway.Device) bool { return d.ID == id }); i >= 0 {
		text = c.Options[i+1]
	} else if id != "" {
		text = id
	}
	if text == c.Selected {
		return
	}
	c.Selected = text // SetSelected would refuse what is not listed, and take it for the operator's wish
	c.Refresh()
}

// id is the device that is chosen, empty for none.
func (c *deviceChoice) id() string {
	if i := c.SelectedIndex(); i > 0 {
		return c.found[i-1].ID
	}
	if c.Selected == lang.L("none") {
		return ""
	}
	return c.Selected
}
