package rtpio

import (
	"net/netip"
	"slices"
	"time"

	"github.com/pion/rtcp"
)

// Bounds of what is sent again.
const (
	maxKept    = 512         // packets that are kept
	keptFor    = time.Second // a picture that is older has been replaced by a newer one
	maxResends = 3           // of one packet, or a forged request could make us send without end
)

// kept are the latest packets that we sent, as they were on the wire. So an encrypted one goes out again under its own
// index, whatever has been sent since.
type kept struct {
	packets []keptPacket // oldest first
	arena   arena
	resent  uint64
}

type keptPacket struct {
	number uint16
	wire   []byte
	at     time.Time
	resent int
}

func (k *kept) add(number uint16, wire []byte, now time.Time) {
	k.trim(now, maxKept-1)
	k.packets = append(k.packets, keptPacket{number: number, wire: k.arena.copy(wire), at: now})
}

// trim forgets what is too old or too much.
func (k *kept) trim(now time.Time, most int) {
	old := max(0, len(k.packets)-most)
	for old < len(k.packets) && now.Sub(k.packets[old].at) > keptFor {
		old++
	}
	k.packets = slices.Delete(k.packets, 0, old)
}

// forget forgets all, since it was encrypted with another key.
func (k *kept) forget() { k.packets = nil }

// again returns a packet for another sending, unless it is not there or was sent often enough.
func (k *kept) again(number uint16) (wire []byte, ok bool) {
	i, found := slices.BinarySearchFunc(k.packets, number, func(p keptPacket, number uint16) int {
		return int(int16(p.number - number))
	})
	if !found || k.packets[i].resent >= maxResends {
		return nil, false
	}
	k.packets[i].resent++
	k.resent++
	return k.packets[i].wire, true
}

// takeNack sends again what the peer misses (generic NACK, RFC 4585 section 6.2.1).
func (s *Session) takeNack(nack *rtcp.TransportLayerNack, now time.Time) {
	remote, packets := s.missed(nack, now)
	for _, wire := range packets {
		_, _ = s.conn.rtp.WriteToUDPAddrPort(wire, remote) // it asks again
	}
}

func (s *Session) missed(nack *rtcp.TransportLayerNack, now time.Time) (remote netip.AddrPort, packets [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	remote = s.latch.remote()
	if nack.MediaSSRC != s.ssrc || !remote.IsValid() {
		return remote, nil
	}
	s.kept.trim(now, maxKept)
	for _, pair := range nack.Nacks {
		pair.Range(func(number uint16) bool {
			if wire, ok := s.kept.again(number); ok {
				packets = append(packets, wire)
			}
			return true
		})
	}
	return remote, packets
}
