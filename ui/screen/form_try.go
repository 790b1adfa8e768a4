package screen

import (
	"strings"

	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
)

// Test tries the RTMP target without calling anybody.
func (f *Form) Test() {
	rawURL, name := f.byName["rtmpUrl"].Entry.Text, f.byName["rtmpStream"].Entry.Text
	if f.test.Disabled() {
		return
	}
	f.byName["rtmpUrl"].touched, f.byName["rtmpStream"].touched = true, true
	f.check()
	if bad := targetProblem(rawURL, name); bad != nil {
		f.params.Focus(f.byName[bad.Field].Entry)
		return
	}
	if name != "" && !strings.HasPrefix(name, f.params.NamePrefix) {
		name = f.params.NamePrefix + name
	}
	try := f.tries
	f.test.Disable()
	f.hint.SetText(lang.L("Testing…"))
	f.params.Model.TestPush(pushSpec(f.byName["toStream"].Entry.Text, rawURL, name), func(test gateway.PushTest, err *gateway.Error) {
		if try != f.tries {
			return // typed on meanwhile
		}
		f.check()
		if err != nil {
			f.refused(err)
			return
		}
		f.hint.SetText(testWords(test))
	})
}
