package model

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

// refusing is a fake that takes no account while the returned flag is set.
func refusing() (*gatewaytest.Fake, *atomic.Bool) {
	fake, refuses := gatewaytest.New(), &atomic.Bool{}
	fake.RefuseFunc = func(verb string) error {
		if verb == "Register" && refuses.Load() {
			return &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonHost, Field: "sipDomain", Message: "no such host"}
		}
		return nil
	}
	return fake, refuses
}

func TestRestoredAccountIsTriedUntilItIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, refuses := refusing()
		m, posted := started(t, fake)
		defer m.Close()
		refuses.Store(true)
		m.RestoreAccount("console-1", gateway.Account{Login: "studio", Domain: "pbx"})
		runFor(3*accountPause+time.Second, posted)
		require.Empty(t, fake.Snapshot().Registrations)
		require.Equal(t, gateway.ReasonHost, m.Accounts()[0].Problem.Reason)
		refuses.Store(false)
		runFor(2*accountPause, posted)
		require.Len(t, fake.Snapshot().Registrations, 1)
		require.Nil(t, m.Accounts()[0].Problem)
		require.NotNil(t, m.Accounts()[0].Registration)
		require.Len(t, m.Accounts(), 1)
	})
}

func TestAccountWhoseChangeIsRefusedStaysAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, refuses := refusing()
		m, posted := started(t, fake)
		defer m.Close()
		before := gateway.Account{Login: "studio", Domain: "pbx"}
		m.KeepAccount("console-1", before, func(*gateway.Error) {})
		runFor(time.Second, posted)
		refuses.Store(true)
		var told *gateway.Error
		m.KeepAccount("console-1", gateway.Account{Login: "studio", Domain: "elsewhere"}, func(err *gateway.Error) { told = err })
		runFor(time.Second, posted)
		require.Equal(t, gateway.ReasonHost, told.Reason)
		require.Equal(t, before, m.Accounts()[0].Account)
		refuses.Store(false)
		runFor(2*accountPause, posted)
		require.Equal(t, before, fake.Snapshot().Registrations[0].Account)
	})
}

func TestConfiguredAccountsRingHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		m, posted := started(t, fake)
		defer m.Close()
		m.configured = []gateway.Account{{Login: "desk", Domain: "pbx"}}
		fake.SetRegistration(gateway.Registration{ID: "desk@pbx", Account: gateway.Account{Login: "desk", Domain: "pbx", Register: true}})
		fake.SetRegistration(gateway.Registration{ID: "XYZ", Account: gateway.Account{Login: "page", Domain: "pbx"}})
		for id, registration := range map[string]string{"mine": "desk@pbx", "page's": "XYZ", "rule's": "", "unknown": "gone"} {
			fake.SetCall(gateway.Call{ID: id, Incoming: true, Status: gateway.CallRing, Registration: registration})
		}
		runFor(time.Second, posted)
		require.Len(t, m.Calls(), 4)
		require.Len(t, m.Ringing(), 1)
		require.Equal(t, "mine", m.Ringing()[0].ID)
		require.Equal(t, "desk@pbx", m.CalledAccount(m.Ringing()[0]))
	})
}
