package engine

import (
	"context"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/stun/stuntest"
)

// warnings counts what is warned of STUN.
type warnings struct {
	slog.Handler
	n atomic.Int32
}

func (w *warnings) Enabled(context.Context, slog.Level) bool { return true }

func (w *warnings) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "STUN of media ports" {
		w.n.Add(1)
	}
	return nil
}

// TestMediaPortsAreAsked: for calls that name the address that STUN told. A server that leaves us alone is waited for, but
// not for long, and is told of once.
func TestMediaPortsAreAsked(t *testing.T) {
	public := netip.MustParseAddr("198.51.100.7")
	outside := func(port int) netip.AddrPort { return netip.AddrPortFrom(public, uint16(port)^1<<15) }
	var silent atomic.Bool
	server := stuntest.Serve(t, func(request []byte, from netip.AddrPort) []byte {
		if silent.Load() {
			return nil
		}
		return stuntest.Answer(request, outside(int(from.Port())))
	})
	said := &warnings{Handler: slog.DiscardHandler}
	config := loopback()
	config.SIP.STUN = server.String()
	e, err := New(Params{Config: config, Version: "test", Log: slog.New(said)})
	require.NoError(t, err)
	require.NoError(t, e.Start())
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		require.NoError(t, e.Close(ctx))
	}()
	require.Eventually(t, func() bool { return e.reflection(public) != nil }, patience, 10*time.Millisecond)
	require.Nil(t, e.reflection(netip.MustParseAddr("127.0.0.1")), "neighbours see ports as they are")
	for _, asked := range []struct {
		silent   bool
		warnings int32
	}{{false, 0}, {true, 1}, {true, 1}, {false, 2}} {
		silent.Store(asked.silent)
		ports, err := rtpio.NewPool("127.0.0.1", 0, 0, 0).Open()
		require.NoError(t, err)
		defer ports.Close()
		e.reflection(public)(ports)
		rtp, rtcp := ports.Seen(public)
		want, wantControl := outside(ports.RTPPort()), outside(ports.RTCPPort())
		if asked.silent {
			want, wantControl = netip.AddrPortFrom(public, uint16(ports.RTPPort())), netip.AddrPortFrom(public, uint16(ports.RTCPPort()))
		}
		require.Equal(t, want, rtp)
		require.Equal(t, wantControl, rtcp)
		require.Equal(t, asked.warnings, said.n.Load(), "what is new is said")
	}
}
