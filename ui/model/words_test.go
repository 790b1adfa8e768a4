package model

import (
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

// Every reason of the contract has words of its own or the contract's.
func TestProblemNeverSpeaksInCodes(t *testing.T) {
	for _, reason := range []string{
		gateway.ReasonRequired, gateway.ReasonCharacters, gateway.ReasonSIPURI, gateway.ReasonScheme, gateway.ReasonURL,
		gateway.ReasonHost, gateway.ReasonPort, gateway.ReasonChoice, gateway.ReasonDigits, gateway.ReasonTooLong,
		gateway.ReasonCallExists, gateway.ReasonTargetInUse, gateway.ReasonStreamInUse, gateway.ReasonCallNotFound,
		gateway.ReasonStreamMissing, gateway.ReasonNotUp, gateway.ReasonTonesRefused, gateway.ReasonPortTaken, gateway.ReasonStopping,
		gateway.ReasonNoPorts, gateway.ReasonNoDecoder, gateway.ReasonInternal, gateway.ReasonPushRefused, gateway.ReasonPushExists,
		gateway.ReasonPushMissing, gateway.ReasonPullExists, gateway.ReasonPullMissing, gateway.ReasonTooMany, "something_new",
	} {
		words := Problem(&gateway.Error{Reason: reason, Message: "The sentence of the gateway."})
		require.NotEmpty(t, words, reason)
		require.NotEqual(t, words, reason)
	}
	require.Equal(t, "The sentence of the gateway.", Problem(&gateway.Error{Reason: "something_new", Message: "The sentence of the gateway."}))
}
