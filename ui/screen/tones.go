package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/widgets"
)

// tones is the keypad with the way its tones travel and what was sent so far.
type tones struct {
	content *fyne.Container
	keypad  *widgets.Keypad
	way     *widget.Select
	sent    *widget.Label
	keys    string
	call    string
}

func newTones(send func(gateway.DTMF, model.Done)) *tones {
	t := &tones{
		way:  widget.NewSelect([]string{string(gateway.DTMFRFC2833), string(gateway.DTMFInfo), string(gateway.DTMFInfoRelay)}, nil),
		sent: value(),
	}
	t.way.SetSelected(string(gateway.DTMFRFC2833))
	t.keypad = widgets.NewKeypad(func(key string) {
		call := t.call
		send(gateway.DTMF{Digits: key, Type: gateway.DTMFType(t.way.Selected)}, func(err *gateway.Error) {
			if err == nil && call == t.call {
				t.tell(t.keys + key)
			}
		})
	})
	t.content = container.NewVBox(container.NewBorder(nil, nil, caption(lang.L("Send as")), nil, t.way), t.keypad, t.sent)
	t.content.Hide()
	return t
}

// show follows the selection: another call begins with nothing sent.
func (t *tones) show(call string, on bool) {
	t.keypad.SetEnabled(on)
	if call != t.call {
		t.call = call
		t.tell("")
	}
}

func (t *tones) tell(keys string) {
	t.keys = keys
	if keys == "" {
		t.sent.SetText("")
		return
	}
	t.sent.SetText(lang.L("Sent: {{.Keys}}", map[string]any{"Keys": keys}))
}
