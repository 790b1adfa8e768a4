package rtpio

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
)

const inletHold = 300 * time.Millisecond

func packed(t *testing.T, number uint16, payload ...byte) []byte {
	t.Helper()
	p := rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: number, Timestamp: uint32(number) * 3600, SSRC: 7},
		Payload: payload,
	}
	b, err := p.Marshal()
	require.NoError(t, err)
	return b
}

func payloads(packets []Packet) (all []byte) {
	for _, p := range packets {
		all = append(all, p.Payload...)
	}
	return all
}

// TestInletWaitsForWhatIsSentAgain loses two packets: one comes again, the other is given up.
func TestInletWaitsForWhatIsSentAgain(t *testing.T) {
	in := NewInlet(map[uint8]int{96: videoRate}, inletHold)
	now := time.Now()
	_, ok := in.Report(now)
	require.False(t, ok, "nothing has come")

	push := func(number uint16) ([]byte, []uint16) {
		ready, missing := in.Push(packed(t, number, byte(number)), now)
		return payloads(ready), missing
	}
	ready, missing := push(65534)
	require.Equal(t, []byte{0xFE}, ready)
	require.Empty(t, missing)
	ready, missing = push(1)
	require.Empty(t, ready)
	require.Equal(t, []uint16{65535, 0}, missing, "asked for at once")
	_, missing = push(2)
	require.Empty(t, missing, "once")
	require.Equal(t, []uint16{65535, 0}, in.Missing())

	now = now.Add(inletHold / 2)
	ready, _ = push(65535)
	require.Equal(t, []byte{0xFF}, ready)
	require.Equal(t, []uint16{0}, in.Missing())
	require.Empty(t, in.Expire(now.Add(inletHold/2-time.Millisecond)))
	late := in.Expire(now.Add(inletHold / 2))
	require.Equal(t, []byte{1, 2}, payloads(late))
	require.Equal(t, 1, late[0].Lost)
	require.Empty(t, in.Missing())

	block, ok := in.Report(now)
	require.True(t, ok)
	require.EqualValues(t, 7, block.SSRC)
	require.EqualValues(t, 1, block.TotalLost)
	require.EqualValues(t, 1<<16+2, block.LastSequenceNumber)
	stats := in.Stats()
	require.EqualValues(t, 4, stats.Packets)
	require.EqualValues(t, 1, stats.Lost)
}

func TestInletOwnsWhatItHandsOn(t *testing.T) {
	in := NewInlet(map[uint8]int{96: videoRate}, inletHold)
	b := packed(t, 1, 42)
	ready, _ := in.Push(b, time.Now())
	clear(b)
	require.Equal(t, []byte{42}, payloads(ready))
}

// TestInletPassesOverWhatIsOfNoUse: what has no payload fills its place in the sequence.
func TestInletPassesOverWhatIsOfNoUse(t *testing.T) {
	in := NewInlet(map[uint8]int{96: videoRate}, inletHold)
	now := time.Now()
	in.Push(packed(t, 1, 1), now)
	other := packed(t, 2, 2)
	other[1] = 97
	ready, missing := in.Push(other, now)
	require.Empty(t, ready)
	require.Empty(t, missing)
	ready, _ = in.Push([]byte("no RTP"), now)
	require.Empty(t, ready)
	ready, missing = in.Push(packed(t, 3, 3), now)
	require.Equal(t, []byte{3}, payloads(ready))
	require.Empty(t, missing)
	require.Zero(t, ready[0].Lost)
	require.EqualValues(t, 2, in.Stats().Invalid)
}

func FuzzInlet(f *testing.F) {
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1}, uint16(5))
	f.Fuzz(func(t *testing.T, b []byte, number uint16) {
		in := NewInlet(map[uint8]int{96: videoRate}, inletHold)
		now := time.Now()
		in.Push(packed(t, number, 1), now)
		in.Push(b, now)
		in.Push(packed(t, number+9, 2), now)
		require.LessOrEqual(t, len(in.Missing()), maxWanted)
		in.Expire(now.Add(inletHold))
		require.Empty(t, in.Missing())
	})
}
