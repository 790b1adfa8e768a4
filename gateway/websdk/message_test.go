package websdk

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	m, err := parse([]byte(`{"message":"m","data":[{"s":"a\u00e4","n":5060,"f":-1.5e3,"b":true,"o":{},"l":[],"z":null,"e":""}]}`))
	require.NoError(t, err)
	for name, want := range map[string]string{
		"s": "aä", "n": "5060", "f": "-1.5e3", "b": "true", "o": "", "l": "", "z": "", "e": "", "absent": "",
	} {
		require.Equal(t, want, m.fields.text(name), name)
	}
	require.Empty(t, fields(nil).text("s"))
}

// FuzzParse: whatever a browser sends, what is read of it can be sent on.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"message":"ping","data":[null]}`, `{"message":"ping","data":[]}`, `{"message":"ping"}`, `[]`, "\xff", "{\"message\":\"m\",\"data\":[{\"a\":\"\xff\"}]}", `{"message":"m","data":[{"a":"\ud800"}]}`,
		`{"message":"playStream","data":[{"mediaSessionId":"b9128270","name":"s","published":false,"width":"640","sdp":"v=0\r\n"}]}`,
		`{"message":"sendStreamEvent","data":[{"mediaSessionId":"P","type":"data","payload":{"a":[1,2,{"b":null}]}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		m, err := parse(frame)
		if err != nil {
			require.ErrorIs(t, err, errUnreadable)
			require.Empty(t, m)
			return
		}
		require.NotEmpty(t, m.name)
		for name, raw := range m.fields {
			require.True(t, utf8.ValidString(m.fields.text(name)))
			sent, err := compose("m", streamEvent{ID: clip(m.fields.text(name)), Type: "data", Payload: raw})
			require.NoError(t, err)
			require.True(t, json.Valid(sent) && utf8.Valid(sent))
			again, err := parse(sent)
			require.NoError(t, err)
			require.JSONEq(t, string(raw), string(again.fields["payload"]))
		}
	})
}
