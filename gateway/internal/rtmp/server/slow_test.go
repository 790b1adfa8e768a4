package server

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
	"callcast/gateway/internal/stream"
)

// TestPlayerThatReadsNothingDoesNotHoldUpTheEnd: neither that of the server nor that of its stream, after which nothing runs
// that would hold up the server.
func TestPlayerThatReadsNothingDoesNotHoldUpTheEnd(t *testing.T) {
	for name, over := range map[string]bool{"of the server": false, "of the stream": true} {
		t.Run(name, func(t *testing.T) {
			brief := 10 * time.Millisecond
			s, h, url := newServer(t, Limits{Timeouts: rtmp.Timeouts{Stall: time.Hour, Drain: brief, Close: brief}})
			source, release, err := h.Publish("live", "name", netip.MustParseAddrPort("127.0.0.1:1"))
			require.NoError(t, err)
			defer release()
			target, bad := rtmp.ParseTarget(url+"/live/name", "", "")
			require.Nil(t, bad)
			player, err := rtmp.DialPlay(t.Context(), target, rtmp.Options{})
			require.NoError(t, err)
			defer player.Close()

			// When units are dropped though they come at leisure, the player's goroutine waits for the network.
			require.Eventually(t, func() bool { return len(source.Readers()) == 1 }, 5*time.Second, time.Millisecond)
			pub := source.Publish(stream.PublisherParams{})
			sound := &media.Format{Codec: media.AAC, SampleRate: 48000, Channels: 1, Config: []byte{0x11, 0x88}}
			reader := source.Readers()[0]
			for at := time.Duration(0); reader.Dropped() == 0; at += 20 * time.Millisecond {
				pub.Write(&media.Unit{Format: sound, PTS: at, DTS: at, Duration: 20 * time.Millisecond, Key: true, Payload: make([]byte, 1<<20)})
				time.Sleep(5 * time.Millisecond)
			}
			if over {
				source.Close()
				require.Eventually(t, func() bool { return s.connections() == 0 }, 10*time.Second, time.Millisecond)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			require.NoError(t, s.Close(ctx))
		})
	}
}

// connections is how many there are.
func (s *Server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}
