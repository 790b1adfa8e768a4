package engine

import (
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/bus"
)

func newRegistry(b *bus.Bus) *streams {
	return newStreams(b, nil, false, slog.New(slog.DiscardHandler))
}

func TestNameOfAStreamIsFreedOnce(t *testing.T) {
	var b bus.Bus
	s := newRegistry(&b)
	first, err := s.open("air", origin{source: gateway.SourceRTMP, callID: "", field: "toStream"})
	require.NoError(t, err)
	_, err = s.open("air", origin{source: gateway.SourceSIP, callID: "c1", field: "toStream"})
	requireRefusal(t, err, gateway.CodeConflict, gateway.ReasonStreamInUse)

	s.close(first)
	require.Empty(t, b.Snapshot().Streams)
	second, err := s.open("air", origin{source: gateway.SourceSIP, callID: "c1", field: "toStream"})
	require.NoError(t, err)
	s.close(first) // says nothing of its successor
	found, err := s.find("air")
	require.NoError(t, err)
	require.Same(t, second, found)
	require.Equal(t, "c1", b.Snapshot().Streams[0].CallID)
	s.closeAll()
	require.Empty(t, b.Snapshot().Streams)
}

// However opening, closing and publishing figures meet, what is published in the end is what there is.
func TestPublishedStreamsAreThoseThatExist(t *testing.T) {
	for range 200 {
		var b bus.Bus
		s := newRegistry(&b)
		first, err := s.open("air", origin{source: gateway.SourceRTMP, callID: "", field: "toStream"})
		require.NoError(t, err)
		var all sync.WaitGroup
		all.Go(s.publishAll)
		all.Go(func() { s.close(first) })
		all.Go(func() {
			for {
				if _, err := s.open("air", origin{source: gateway.SourceSIP, callID: "c1", field: "toStream"}); err == nil {
					return
				}
			}
		})
		all.Wait()
		published := b.Snapshot().Streams
		require.Len(t, published, 1)
		require.Equal(t, "c1", published[0].CallID)
		s.closeAll()
	}
}

func TestPublisherBecomesAStream(t *testing.T) {
	var b bus.Bus
	s := newRegistry(&b)
	source, release, err := s.Publish("live", "камера 1", netip.AddrPort{})
	require.NoError(t, err)
	played, err := s.Play("live", "камера 1")
	require.NoError(t, err)
	require.Same(t, source, played)
	require.Equal(t, gateway.SourceRTMP, b.Snapshot().Streams[0].Source)
	_, _, err = s.Publish("live", "камера 1", netip.AddrPort{})
	requireRefusal(t, err, gateway.CodeConflict, gateway.ReasonStreamInUse)
	release()
	_, err = s.Play("live", "камера 1")
	requireRefusal(t, err, gateway.CodeNotFound, gateway.ReasonStreamMissing)
}

func TestPublisherCannotChooseAnyName(t *testing.T) {
	for name, bad := range map[string]string{
		"moves the cursor":    "\x1b[2J",
		"begins a line":       "a\nb",
		"turns the direction": "a\u202eb",
		"is not text":         "\xff\xfe",
		"is long":             strings.Repeat("x", 60000),
	} {
		t.Run(name, func(t *testing.T) {
			var b bus.Bus
			_, _, err := newRegistry(&b).Publish("live", bad, netip.AddrPort{})
			requireRefusal(t, err, gateway.CodeInvalid, gateway.ReasonCharacters)
			require.Less(t, len(err.Error()), 1000)
			require.Empty(t, b.Snapshot().Streams)
		})
	}
}
