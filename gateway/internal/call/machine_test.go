package call

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

func TestLivesOfACall(t *testing.T) {
	answer := []byte("v=0")
	tests := []struct {
		name    string
		events  []event
		status  gateway.CallStatus
		sip     int
		reason  gateway.EndReason
		over    bool
		effects []effect
	}{
		{
			"registers first",
			[]event{started{register: true}},
			gateway.CallPending, 0, "", false,
			[]effect{doRegister{}},
		},
		{
			"calls once registered",
			[]event{started{register: true}, registered{}},
			gateway.CallPending, 0, "", false,
			[]effect{doRegister{}, doInvite{}},
		},
		{
			"registration refused",
			[]event{started{register: true}, failed{status: 403, cause: gateway.EndRegistration}},
			gateway.CallFailed, 403, gateway.EndRegistration, true,
			[]effect{doRegister{}},
		},
		{
			"hung up while registering",
			[]event{started{register: true}, hangup{gateway.EndLocal}, registered{}},
			gateway.CallFinish, 0, gateway.EndLocal, true,
			[]effect{doRegister{}},
		},
		{
			"trying",
			[]event{started{}, provisional{status: 100}},
			gateway.CallTrying, 100, "", false,
			[]effect{doInvite{}},
		},
		{
			"ringing",
			[]event{started{}, provisional{status: 100}, provisional{status: 180}},
			gateway.CallRing, 180, "", false,
			[]effect{doInvite{}},
		},
		{
			"early media, then ringing",
			[]event{started{}, provisional{status: 183, sdp: answer}, provisional{status: 180}},
			gateway.CallRingMedia, 180, "", false,
			[]effect{doInvite{}, doNegotiate{sdp: answer}},
		},
		{
			"progress without media",
			[]event{started{}, provisional{status: 183}},
			gateway.CallSessionProgress, 183, "", false,
			[]effect{doInvite{}},
		},
		{
			"established",
			[]event{started{}, provisional{status: 180}, answered{200, answer}},
			gateway.CallEstablished, 200, "", false,
			[]effect{doInvite{}, doNegotiate{sdp: answer, final: true}},
		},
		{
			"a late 180 does not undo the answer",
			[]event{started{}, answered{200, answer}, provisional{status: 180}},
			gateway.CallEstablished, 180, "", false,
			[]effect{doInvite{}, doNegotiate{sdp: answer, final: true}},
		},
		{
			"other side hangs up",
			[]event{started{}, answered{200, answer}, ended{remote: true}},
			gateway.CallFinish, 200, gateway.EndRemote, true,
			[]effect{doInvite{}, doNegotiate{sdp: answer, final: true}},
		},
		{
			"we hang up",
			[]event{started{}, answered{200, answer}, hangup{gateway.EndLocal}, ended{}},
			gateway.CallFinish, 200, gateway.EndLocal, true,
			[]effect{doInvite{}, doNegotiate{sdp: answer, final: true}, doHangup{}},
		},
		{
			"hanging up twice is once",
			[]event{started{}, hangup{gateway.EndLocal}, hangup{gateway.EndShutdown}},
			gateway.CallPending, 0, gateway.EndLocal, false,
			[]effect{doInvite{}, doHangup{}},
		},
		{
			"cancelled while ringing",
			[]event{started{}, provisional{status: 180}, hangup{gateway.EndLocal}, failed{status: 487, cause: gateway.EndRejected}},
			gateway.CallFinish, 487, gateway.EndLocal, true,
			[]effect{doInvite{}, doHangup{}},
		},
		{
			"the answer crosses our cancel",
			[]event{started{}, provisional{status: 180}, hangup{gateway.EndLocal}, answered{200, answer}, ended{}},
			gateway.CallFinish, 200, gateway.EndLocal, true,
			[]effect{doInvite{}, doHangup{}},
		},
		{
			"busy",
			[]event{started{}, failed{status: 486, cause: gateway.EndBusy}},
			gateway.CallBusy, 486, gateway.EndBusy, true,
			[]effect{doInvite{}},
		},
		{
			"refused",
			[]event{started{}, failed{status: 503, cause: gateway.EndRejected}},
			gateway.CallFailed, 503, gateway.EndRejected, true,
			[]effect{doInvite{}},
		},
		{
			"unreachable keeps the last status",
			[]event{started{}, provisional{status: 100}, failed{cause: gateway.EndUnreachable}},
			gateway.CallFailed, 100, gateway.EndUnreachable, true,
			[]effect{doInvite{}},
		},
		{
			"answer without usable media",
			[]event{started{}, answered{200, answer}, mediaRefused{"no codec"}, ended{}},
			gateway.CallFailed, 200, gateway.EndNoMedia, true,
			[]effect{doInvite{}, doNegotiate{sdp: answer, final: true}, doHangup{}},
		},
		{
			"shutdown",
			[]event{started{}, answered{200, answer}, hangup{gateway.EndShutdown}, ended{}},
			gateway.CallFinish, 200, gateway.EndShutdown, true,
			[]effect{doInvite{}, doNegotiate{sdp: answer, final: true}, doHangup{}},
		},
		{
			"nothing happens after the end",
			[]event{started{}, failed{status: 486, cause: gateway.EndBusy}, answered{200, answer}},
			gateway.CallBusy, 486, gateway.EndBusy, true,
			[]effect{doInvite{}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := state{status: gateway.CallNew}
			var effects []effect
			for _, ev := range tt.events {
				var more []effect
				s, more = next(s, ev)
				effects = append(effects, more...)
			}
			require.Equal(t, tt.status, s.status)
			require.Equal(t, tt.sip, s.sipStatus)
			require.Equal(t, tt.reason, s.ending.Reason)
			require.Equal(t, tt.over, s.over)
			require.Equal(t, tt.effects, effects)
		})
	}
}
