package screen

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
	"callcast/ui/model"
)

// talk are the facts of a call as a telephone's.
func (f *facts) talk(c gateway.Call) {
	f.canTalk = model.IsUp(c)
	f.encrypted = c.Encrypted
	f.digits = c.Digits
	f.marks = strings.Join(marks(c), " · ")
	if len(c.Refused) > 0 {
		f.refused = strings.Join(model.Refusals(c.Refused), "\n")
	}
	if c.Held.Local {
		f.holdWord = lang.L("Resume")
	}
	if c.Muted {
		f.muteWord = lang.L("Unmute")
	}
}

// marks are what an operator must not forget of a call.
func marks(c gateway.Call) []string {
	var all []string
	if c.Status.Ended() {
		return all
	}
	if c.Held.Local {
		all = append(all, lang.L("held here"))
	}
	if c.Held.Remote {
		all = append(all, lang.L("held by the other side"))
	}
	if c.Muted {
		all = append(all, lang.L("muted"))
	}
	if c.Transfer.Status == gateway.TransferPending {
		all = append(all, lang.L("being transferred to {{.Target}}", map[string]any{"Target": c.Transfer.Target}))
	}
	if c.Devices.Microphone != "" {
		all = append(all, lang.L("microphone on"))
	}
	if c.Devices.Camera != "" {
		all = append(all, lang.L("camera on"))
	}
	return all
}

func transferFailed(t gateway.Transfer) string {
	said := t.Text
	if t.SIPStatus != 0 && !strings.Contains(said, strconv.Itoa(t.SIPStatus)) {
		said = strings.TrimSpace(strconv.Itoa(t.SIPStatus) + " " + said)
	}
	return lang.L("The transfer to {{.Target}} failed: {{.Said}}. The call goes on.", map[string]any{"Target": t.Target, "Said": said})
}
