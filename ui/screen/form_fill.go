package screen

import "callcast/gateway"

// fill shows a remembered call and fetches its secrets.
func (f *Form) fill(spec gateway.CallSpec) {
	f.fillAccount(spec.Account)
	for name, value := range map[string]string{
		"callee":     spec.Callee,
		"toStream":   spec.Stream,
		"rtmpUrl":    spec.RTMPURL.Reveal(),
		"rtmpStream": spec.RTMPStream.Reveal(),
	} {
		f.set(f.byName[name], value)
	}
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
