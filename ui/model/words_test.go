package model

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

func TestWhy(t *testing.T) {
	tests := []struct {
		reason gateway.EndReason
		status int
		text   string
		want   string
	}{
		{gateway.EndLocal, 200, "BYE", "Hung up here."},
		{gateway.EndRemote, 200, "BYE", "The other side hung up."},
		{gateway.EndBusy, 486, "486 Busy Here", "The other side is busy. Try again later. (486 Busy Here)"},
		{gateway.EndRejected, 403, "403 Forbidden", "The SIP server forbids this call. Check what the account is allowed to call. (403 Forbidden)"},
		{gateway.EndRejected, 480, "", "The other side is not available: switched off or not registered."},
		{gateway.EndRejected, 488, "", "The other side does not accept the codecs offered."},
		{gateway.EndRejected, 503, "", "The SIP server is in trouble. Try again later or ask its administrator."},
		{gateway.EndRejected, 499, "", "The call was refused."},
		{gateway.EndUnreachable, 0, "no answer from 10.0.0.1:5060", "The SIP server did not answer. Check domain, outbound proxy, port and transport. (no answer from 10.0.0.1:5060)"},
		{gateway.EndAuth, 401, "", "The SIP server did not accept the login. Check login, authentication name and password."},
		{gateway.EndNoAnswer, 408, "", "Nobody answered."},
	}
	for _, tt := range tests {
		c := gateway.Call{SIPStatus: tt.status, Ending: gateway.Ending{Reason: tt.reason, Text: tt.text}}
		require.Equal(t, tt.want, Why(c))
	}
}

func TestCallLamp(t *testing.T) {
	tests := []struct {
		status gateway.CallStatus
		push   gateway.RTMPStatus
		want   Lamp
	}{
		{gateway.CallNew, gateway.RTMPWait, Lamp{ToneWaiting, "CALLING"}},
		{gateway.CallPending, gateway.RTMPWait, Lamp{ToneWaiting, "CALLING"}},
		{gateway.CallTrying, "", Lamp{ToneWaiting, "CALLING"}},
		{gateway.CallRingMedia, "", Lamp{ToneWaiting, "RINGING"}},
		{gateway.CallEstablished, "", Lamp{ToneGood, "CONNECTED"}},
		{gateway.CallEstablished, gateway.RTMPWait, Lamp{ToneWaiting, "STARTING PUSH"}},
		{gateway.CallEstablished, gateway.RTMPActive, Lamp{ToneGood, "ON AIR"}},
		{gateway.CallEstablished, gateway.RTMPLost, Lamp{ToneBad, "RECONNECTING"}},
		{gateway.CallEstablished, gateway.RTMPFailed, Lamp{ToneBad, "NOT ON AIR"}},
		{gateway.CallHold, gateway.RTMPActive, Lamp{ToneWaiting, "ON HOLD"}},
		{gateway.CallBusy, "", Lamp{ToneBad, "BUSY"}},
		{gateway.CallFailed, "", Lamp{ToneBad, "FAILED"}},
		{gateway.CallFinish, gateway.RTMPActive, Lamp{ToneIdle, "ENDED"}},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, CallLamp(gateway.Call{Status: tt.status, RTMPStatus: tt.push}))
	}
}

// TestReasonsHaveWords: whatever reason the contract has, the console words it.
func TestReasonsHaveWords(t *testing.T) {
	const sentence = "The sentence of the gateway."
	for _, reason := range constants(t, "", "Reason") {
		require.NotEqual(t, sentence, Problem(&gateway.Error{Reason: reason, Message: sentence}), reason)
	}
	for _, reason := range constants(t, "EndReason", "End") {
		if gateway.EndReason(reason) != gateway.EndRejected { // the SIP status says why
			require.NotEmpty(t, ending(gateway.EndReason(reason)), reason)
		}
	}
	for _, reason := range constants(t, "LineReason", "Line") {
		require.NotEqual(t, sentence, Refusal(gateway.MediaLine{Reason: gateway.LineReason(reason), Why: sentence}), reason)
	}
	require.Equal(t, sentence, Problem(&gateway.Error{Reason: "something_new", Message: sentence}))
	require.Equal(t, sentence, Refusal(gateway.MediaLine{Reason: "something_new", Why: sentence}))
}

// constants are the values of the contract's constants of a type, empty for those without, whose names begin so.
func constants(t *testing.T, kind, prefix string) []string {
	t.Helper()
	files, err := filepath.Glob("../../gateway/*.go")
	require.NoError(t, err)
	var values []string
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(spec.Names[0].Name, prefix) || len(spec.Values) == 0 {
				return true
			}
			named, _ := spec.Type.(*ast.Ident)
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && (named == nil && kind == "" || named != nil && named.Name == kind) {
				value, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				values = append(values, value)
			}
			return true
		})
	}
	require.Greater(t, len(values), 10, "%s are not where they were", prefix)
	return values
}

func TestRefusal(t *testing.T) {
	for want, line := range map[string]gateway.MediaLine{
		"no codec in common: the other side has G729/8000, GSM/8000, the list here PCMA": {
			Reason: gateway.LineUnmatched, Theirs: []string{"G729/8000", "GSM/8000"}, Ours: []string{"PCMA"},
		},
		"PCMA, opus: not taken by the other side": {Reason: gateway.LineNotTaken, Ours: []string{"PCMA", "opus"}},
		"IP versions differ: it receives at 2001:db8::2, we at 192.0.2.1; change sip_host or the SIP server's address, or its own": {
			Reason: gateway.LineFamily, Theirs: []string{"2001:db8::2"}, Ours: []string{"192.0.2.1"},
		},
	} {
		require.Equal(t, want, Refusal(line))
	}
}

// TestWhyThereIsNoMedia: what the console can word stands in place of the gateway's English.
func TestWhyThereIsNoMedia(t *testing.T) {
	c := gateway.Call{
		Ending:  gateway.Ending{Reason: gateway.EndNoMedia, Text: "no media agreed: audio: refused"},
		Refused: []gateway.MediaLine{{Kind: "audio", Reason: gateway.LineDeclined}, {Kind: "video", Reason: gateway.LineAbsent}},
	}
	require.Equal(t, "Nothing was agreed on. Audio: the other side does not want it (port 0); Video: the answer does not have it", Why(c))
	c.Refused = nil
	require.Equal(t, "The other side offered no sound or picture that can be received. (no media agreed: audio: refused)", Why(c))
}

func TestStanding(t *testing.T) {
	require.Equal(t, "OK", Standing(gateway.Registration{Status: gateway.RegistrationUp, Text: "OK"}))
	require.Equal(t, "The SIP server's certificate is not the pinned one. Ask its administrator, and then change the pin. (another)",
		Standing(gateway.Registration{Status: gateway.RegistrationFailed, Reason: gateway.EndPin, Text: "another"}))
}

func TestListenerProblem(t *testing.T) {
	require.Equal(t, "sip: The STUN server stun.test cannot be found or does not answer, so the public address is not known. "+
		"Name another in sip_stun, or give sip_public_ip. The setting is sip_stun.",
		ListenerProblem(gateway.Listener{Name: "sip", Setting: "sip_stun", Err: &gateway.Error{Reason: gateway.ReasonSTUN, Value: "stun.test", Message: "x"}}))
}
