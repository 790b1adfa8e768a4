package screen

import (
	"strconv"
	"strings"

	"callcast/gateway"
)

// fill shows a remembered call and fetches its secrets.
func (f *Form) fill(spec gateway.CallSpec) {
	values := map[string]string{
		"sipLogin":              spec.Account.Login,
		"sipAuthenticationName": spec.Account.AuthName,
		"sipPassword":           spec.Account.Password.Reveal(),
		"sipDomain":             spec.Account.Domain,
		"sipOutboundProxy":      spec.Account.OutboundProxy,
		"callee":                spec.Callee,
		"toStream":              spec.Stream,
		"rtmpUrl":               spec.RTMPURL.Reveal(),
		"rtmpStream":            spec.RTMPStream.Reveal(),
	}
	if spec.Account.Port != 0 {
		values["sipPort"] = strconv.Itoa(spec.Account.Port)
	}
	for _, fd := range f.fields {
		f.set(fd, values[fd.name])
	}
	f.transport.SetSelected(strings.ToUpper(string(transportOrUDP(spec.Account.Transport))))
	f.register.SetChecked(spec.Account.Register)
	f.hasAudio.SetChecked(spec.HasAudio)
	f.hasVideo.SetChecked(spec.HasVideo)
}

// Recall fetches the secrets that belong to what the form shows.
func (f *Form) Recall() {
	if f.params.Memory.Defaults.Pinned {
		return
	}
	f.recall(f.byName["sipPassword"], accountSecret(f.spec("").Account))
	shown := f.byName["rtmpUrl"]
	f.recall(f.byName["rtmpStream"], keySecret(shown.Entry.Text))
	before := shown.Entry.Text
	if name := urlSecret(before); name != "" {
		f.params.Model.LoadSecret(name, func(s gateway.Secret) {
			if shown.Entry.Text == before {
				f.set(shown, s.Reveal())
			}
		})
	}
}

func transportOrUDP(t gateway.Transport) gateway.Transport {
	if t == "" {
		return gateway.TransportUDP
	}
	return t
}
