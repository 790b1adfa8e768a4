package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// TestWhoIsCalled: of the accounts of one user, that of the domain and, of those, the one that is kept for calls to come in.
func TestWhoIsCalled(t *testing.T) {
	kept := gateway.Account{Login: "alice", Domain: "sip.test"}
	calling := gateway.Account{Login: "alice", Domain: "sip.test", Password: "another"}
	elsewhere := gateway.Account{Login: "alice", Domain: "other.test"}
	for _, tt := range []struct {
		user, host string
		want       gateway.Account
	}{
		{"alice", "sip.test", kept},
		{"alice", "other.test", elsewhere},
		{"alice", "192.0.2.1", kept},
		{"bob", "sip.test", gateway.Account{}},
	} {
		a := &Agent{registrations: map[gateway.Account]*registration{
			bindingOf(calling):   {owner: calling},
			bindingOf(kept):      {owner: kept, keepers: 1},
			bindingOf(elsewhere): {owner: elsewhere},
		}}
		req := sip.NewRequest(sip.INVITE, sip.Uri{User: tt.user, Host: "127.0.0.1"})
		req.AppendHeader(&sip.ToHeader{Address: sip.Uri{User: tt.user, Host: tt.host}, Params: sip.NewParams()})
		require.Equal(t, tt.want, a.called(req), "%s@%s", tt.user, tt.host)
	}
}

// TestSameRegistration: what is left empty and what stands for it are one.
func TestSameRegistration(t *testing.T) {
	plain := gateway.Account{Login: "alice", Domain: "sip.test"}
	spelt := gateway.Account{Login: "alice", AuthName: "alice", Domain: "sip.test", Transport: gateway.TransportUDP, Register: true, Codecs: "PCMA"}
	require.True(t, SameRegistration(plain, spelt))
	spelt.AuthName = "bob"
	require.False(t, SameRegistration(plain, spelt))
}
