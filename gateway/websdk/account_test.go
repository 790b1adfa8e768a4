package websdk

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// FuzzAccount: whatever a page says of its account and its call can be checked and told again, and nobody is told the
// password.
func FuzzAccount(f *testing.F) {
	for _, seed := range []string{
		`{` + sipFields + `,"sipRegisterRequired":true}`, `{"sipLogin":1000,"sipPort":5060.5}`, `{"sipPort":"-1","sipPassword":{}}`,
		`{"callId":"K","callee":"1001","hasVideo":"true","hasAudio":false,"custom":{"a":[1]},"visibleName":"Bob"}`, `{"custom":7}`, `{"custom":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		m, err := parse([]byte(`{"message":"connection","data":[` + string(object) + `]}`))
		if err != nil || m.fields == nil {
			return
		}
		m.fields["sipPassword"] = json.RawMessage(`"ZyX5ecret"`)
		p := newPhone(m.fields, userOf(m.fields))
		require.Equal(t, gateway.Secret("ZyX5ecret"), p.account.Password)
		spec := p.specOf(m.fields)
		for _, e := range spec.Validate() {
			require.NotContains(t, e.Error(), "ZyX5ecret")
		}
		c := newLine(p, gateway.Call{ID: clip(spec.ID), Callee: spec.Callee, Custom: spec.Custom}, func() {})
		for name, data := range map[string]any{"getUserData": p.user, "ring": c.data(gateway.CallRing, "")} {
			frame, err := compose(name, data)
			require.NoError(t, err)
			require.True(t, utf8.Valid(frame))
			require.NotContains(t, string(frame), "ZyX5ecret")
		}
	})
}
