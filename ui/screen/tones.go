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
	got     *widget.Label
	send    func(gateway.DTMF, model.Done)
	call    string
	keys    string // sent
	waiting string // pressed while others were on their way
	sending bool
}

func newTones(send func(gateway.DTMF, model.Done)) *tones {
	t := &tones{
		send: send,
		way:  widget.NewSelect([]string{string(gateway.DTMFRFC2833), string(gateway.DTMFInfo), string(gateway.DTMFInfoRelay)}, nil),
		sent: value(),
		got:  value(),
	}
	t.way.SetSelected(string(gateway.DTMFRFC2833))
	t.keypad = widgets.NewKeypad(t.press)
	t.content = container.NewVBox(container.NewBorder(nil, nil, caption(lang.L("Send as")), nil, t.way), t.keypad, t.sent, t.got)
	t.content.Hide()
	return t
}

// press sends a key once those before it have been taken: sent at the same time, they could overtake one another.
func (t *tones) press(key string) {
	t.waiting += key
	if !t.sending {
		t.sendWaiting()
	}
}

func (t *tones) sendWaiting() {
	if t.waiting == "" {
		return
	}
	keys, call := t.waiting, t.call
	t.waiting, t.sending = "", true
	t.send(gateway.DTMF{Digits: keys, Type: gateway.DTMFType(t.way.Selected)}, func(err *gateway.Error) {
		t.sending = false
		if err == nil && call == t.call {
			t.tell(t.keys + keys)
		}
		t.sendWaiting()
	})
}

// show follows the selection: another call begins with nothing sent.
func (t *tones) show(call string, on bool, received string) {
	got := ""
	if received != "" {
		got = lang.L("Received: {{.Keys}}", map[string]any{"Keys": received})
	}
	setText(t.got, got)
	t.keypad.SetEnabled(on)
	if call != t.call {
		t.call, t.waiting = call, ""
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
