package rtc

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	ann = netip.MustParseAddrPort("127.0.0.1:1")
	bob = netip.MustParseAddrPort("[::1]:2")
)

// TestPacketsInARowAreOneParcel: as long as each but the last is as long as the first.
func TestPacketsInARowAreOneParcel(t *testing.T) {
	var b batch
	for _, p := range []struct {
		to   netip.AddrPort
		size int
	}{{ann, 9}, {ann, 5}, {ann, 5}, {ann, 5}, {ann, 3}, {ann, 3}, {bob, 3}, {bob, 4}, {ann, 3}} {
		b.add(make([]byte, p.size), p.to)
	}
	require.Equal(t, []parcel{
		{ann, 0, 14, 9}, {ann, 14, 27, 5}, {ann, 27, 30, 3}, {bob, 30, 33, 3}, {bob, 33, 37, 4}, {ann, 37, 40, 3},
	}, b.parcels)
}

// TestParcelsAreBounded by what the system takes as one.
func TestParcelsAreBounded(t *testing.T) {
	var small, big batch
	for range maxPieces + 1 {
		small.add(make([]byte, 10), ann)
		big.add(make([]byte, 1200), ann)
	}
	require.Equal(t, []parcel{{ann, 0, 10 * maxPieces, 10}, {ann, 10 * maxPieces, 10*maxPieces + 10, 10}}, small.parcels)
	require.Len(t, big.parcels, 2)
	require.LessOrEqual(t, big.parcels[0].end, maxParcel)
}

// FuzzBatch adds packets of lengths and to addresses that the bytes tell, and finds them again, in order.
func FuzzBatch(f *testing.F) {
	f.Add([]byte{200, 200, 90, 91, 91, 3})
	f.Fuzz(func(t *testing.T, lengths []byte) {
		var b batch
		var added, found []string
		for i, n := range lengths {
			packet, to := slices.Repeat([]byte{byte(i)}, max(int(n)/2, 1)), []netip.AddrPort{ann, bob}[n%2]
			b.add(packet, to)
			added = append(added, to.String()+string(packet))
		}
		for _, p := range b.parcels {
			pieces := 0
			for packet := range slices.Chunk(b.of(&p), p.size) {
				found = append(found, p.to.String()+string(packet))
				pieces++
			}
			require.Equal(t, pieces, p.pieces())
		}
		require.Equal(t, added, found)
	})
}
