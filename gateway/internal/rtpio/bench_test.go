package rtpio

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkTake is the way of a packet from the socket to Handle, without the socket.
func BenchmarkTake(b *testing.B) {
	for name, size := range map[string]int{"voice": 160, "video": 1200} {
		b.Run(name, func(b *testing.B) {
			handled := 0
			session := NewSession(SessionParams{
				ClockRates: map[uint8]int{video: 90000}, Handle: func(Packet) { handled++ },
			})
			session.SetRemote(nowhere, nowhere)
			pkt := rtpPacket(0)
			pkt.Payload = make([]byte, size)
			datagram, err := pkt.Marshal()
			require.NoError(b, err)
			now := time.Now()
			b.ReportAllocs()
			b.SetBytes(int64(len(datagram)))
			sent := 0
			for b.Loop() {
				binary.BigEndian.PutUint16(datagram[2:], uint16(sent))
				binary.BigEndian.PutUint32(datagram[4:], uint32(sent)*160)
				session.takeRTP(datagram, nowhere, now)
				sent++
			}
			require.Equal(b, sent, handled)
		})
	}
}

func BenchmarkSend(b *testing.B) {
	conn, err := NewPool(host, 0, 0, 0).Open()
	require.NoError(b, err)
	session := NewSession(SessionParams{Conn: conn})
	defer session.Close()
	session.SetRemote(nowhere, nowhere)
	pkt := rtpPacket(0)
	b.ReportAllocs()
	for b.Loop() {
		pkt.SequenceNumber++
		require.NoError(b, session.Send(pkt))
	}
}
