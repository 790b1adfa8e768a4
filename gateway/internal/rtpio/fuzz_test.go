package rtpio

import (
	"bytes"
	"testing"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"
)

// nowhere is the source of fuzzed datagrams: answers to it go to the discard port.
var nowhere = address(9)

func fuzzedSession(f *testing.F, handle func(Packet)) *Session {
	conn, err := NewPool(host, 0, 0, 0).Open()
	require.NoError(f, err)
	f.Cleanup(conn.Close)
	session := NewSession(SessionParams{
		Conn: conn, SSRC: ourSSRC, ClockRates: map[uint8]int{video: 90000, voice: 8000},
		Feedback: Feedback{NACK: true}, Handle: handle,
	})
	session.SetRemote(nowhere, nowhere)
	return session
}

// FuzzRTP cuts its input into datagrams of up to 64 bytes. What is handed on must be in order and part of the input.
func FuzzRTP(f *testing.F) {
	one, err := rtpPacket(1).Marshal()
	require.NoError(f, err)
	three, err := rtpPacket(3).Marshal()
	require.NoError(f, err)
	f.Add(append(append([]byte{byte(len(one))}, one...), append([]byte{byte(len(three))}, three...)...))
	f.Add([]byte{20, 0xB3, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xBE, 0xDE, 0, 9, 1, 2, 3, 4})
	f.Add([]byte{16, 0x80, 96, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 8, 0x80, 203, 0, 9, 0, 0, 0, 1})
	var got []Packet
	session := fuzzedSession(f, func(p Packet) { got = append(got, p) })
	f.Fuzz(func(t *testing.T, input []byte) {
		got = nil
		kept := bytes.Clone(input)
		now := start
		for rest := input; len(rest) > 1; {
			size := min(int(rest[0]%64), len(rest)-1)
			session.takeRTP(rest[1:1+size], nowhere, now)
			rest = rest[1+size:]
			now = now.Add(10 * ms)
		}
		session.expire(now.Add(videoHold))
		require.Equal(t, kept, input)
		for i, p := range got {
			require.True(t, bytes.Contains(input, p.Payload))
			require.GreaterOrEqual(t, p.Lost, 0)
			if i > 0 && !p.Restart {
				require.Equal(t, got[i-1].SSRC, p.SSRC)
				require.Positive(t, int16(p.SequenceNumber-got[i-1].SequenceNumber))
			}
		}
		require.LessOrEqual(t, len(session.receiver.order.held), maxHeld)
	})
}

func FuzzRTCP(f *testing.F) {
	for _, packet := range []rtcp.Packet{
		&rtcp.SenderReport{SSRC: peerSSRC, NTPTime: 1, Reports: []rtcp.ReceptionReport{{SSRC: ourSSRC, LastSenderReport: 1}}},
		&rtcp.Goodbye{Sources: []uint32{1, 2}, Reason: "end"},
		&rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: 1}}},
	} {
		b, err := packet.Marshal()
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add([]byte{0x9F, 203, 0, 1, 0, 0, 0, 1})
	session := fuzzedSession(f, nil)
	f.Fuzz(func(t *testing.T, input []byte) {
		kept := bytes.Clone(input)
		session.takeRTCP(input, nowhere, start)
		require.Equal(t, kept, input)
	})
}
