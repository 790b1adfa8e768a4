package engine

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// TestCloseIsOverWhateverHangs: something of the gateway's own waits for what never comes.
func TestCloseIsOverWhateverHangs(t *testing.T) {
	e := start(t, loopback())
	never := make(chan struct{})
	e.tasks.Go(func() { <-never })
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := e.Close(ctx)
	close(never)
	require.EqualError(t, err, "the gateway did not end in time")
}

// TestUnregisterEndsWithWhoWantsIt: a registrar that says nothing is told all the same.
func TestUnregisterEndsWithWhoWantsIt(t *testing.T) {
	silent, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer silent.Close()
	e := start(t, loopback())
	require.NoError(t, e.Register(t.Context(), gateway.RegisterSpec{ID: "desk", Account: gateway.Account{
		Login: "desk", Password: "secret", Domain: "127.0.0.1", Port: silent.LocalAddr().(*net.UDPAddr).Port,
	}}))
	_, _, err = silent.ReadFrom(make([]byte, 1)) // it was asked
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, e.Unregister(ctx, "desk"), context.Canceled)
	require.Eventually(t, func() bool { return len(e.Snapshot().Registrations) == 0 }, patience, 10*time.Millisecond)
}
