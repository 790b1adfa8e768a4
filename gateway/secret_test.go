package gateway

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
)

const hidden = "hunter2"

func TestSecretIsNeverShown(t *testing.T) {
	secret := Secret(hidden)
	account := Account{Login: "alice", Password: secret}
	for name, value := range map[string]any{
		"itself":  secret,
		"pointer": &secret,
		"list":    []Secret{secret},
		"map":     map[string]Secret{"password": secret},
		"account": account,
		"spec":    &CallSpec{Account: account, RTMPURL: secret, RTMPStream: secret},
		"call":    Call{RTMPURL: secret, RTMPStream: secret},
		"error":   fmt.Errorf("refused: %v", secret),
	} {
		t.Run(name, func(t *testing.T) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
				require.NotContains(t, fmt.Sprintf(verb, value), hidden, verb)
			}
			asJSON, err := json.Marshal(value)
			require.NoError(t, err)
			require.NotContains(t, string(asJSON), hidden)
			require.NotContains(t, logged(value), hidden)
		})
	}
}

func TestSecretIsMasked(t *testing.T) {
	secret := Secret(hidden)
	for verb, want := range map[string]string{"%v": "***", "%+v": "***", "%#v": `"***"`, "%s": "***", "%q": `"***"`} {
		require.Equal(t, want, fmt.Sprintf(verb, secret), verb)
	}
	for _, marshal := range []func(any) ([]byte, error){json.Marshal, xml.Marshal} {
		text, err := marshal(Account{Login: "alice", Password: secret})
		require.NoError(t, err)
		require.Contains(t, string(text), masked)
		require.NotContains(t, string(text), hidden)
	}
	require.Contains(t, logged(secret), "attr=***")
	require.Contains(t, logged(secret), `"attr":"***"`)
}

// logged is what slog's handlers write of a value.
func logged(value any) string {
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).With("with", value).Info("call", "attr", value, slog.Group("group", "inner", value))
	}
	return out.String()
}

func TestSecretIsRevealedOnRequest(t *testing.T) {
	require.Equal(t, hidden, Secret(hidden).Reveal())
}

func TestEmptySecretIsEmpty(t *testing.T) {
	require.Empty(t, Secret("").String())
	require.Equal(t, `""`, fmt.Sprintf("%#v", Secret("")))
	b, err := json.Marshal(Account{})
	require.NoError(t, err)
	require.Contains(t, string(b), `"Password":""`)
}

func TestSecretIsReadFromJSON(t *testing.T) {
	var a Account
	require.NoError(t, json.Unmarshal([]byte(`{"Password":"hunter2"}`), &a))
	require.Equal(t, hidden, a.Password.Reveal())
}
