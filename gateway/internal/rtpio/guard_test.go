package rtpio

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/stretchr/testify/require"
)

// sha80 is the suite of tests that need only one.
const sha80 = "AES_CM_128_HMAC_SHA1_80"

// testKeys are keys that n tells apart.
func testKeys(suite string, n byte) *Keys {
	size := map[string]int{"AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44}[suite]
	if size == 0 {
		size = 30
	}
	return &Keys{Suite: suite, Send: bytes.Repeat([]byte{n, 1}, size/2), Receive: bytes.Repeat([]byte{n, 2}, size/2)}
}

// context is a library's own view of a key.
func context(t *testing.T, suite string, key []byte) *srtp.Context {
	t.Helper()
	size, err := profiles()[suite].KeyLen()
	require.NoError(t, err)
	c, err := srtp.CreateContext(key[:size], key[size:], profiles()[suite])
	require.NoError(t, err)
	return c
}

// secret is a rig whose peer encrypts.
type secret struct {
	*rig
	in, out *srtp.Context // of the peer
}

func newSecret(t *testing.T, keys *Keys, change func(*SessionParams)) *secret {
	r := newRig(t, func(p *SessionParams) {
		p.Shut = true
		if change != nil {
			change(p)
		}
	})
	require.NoError(t, r.session.Protect(keys))
	return &secret{r, context(t, keys.Suite, keys.Send), context(t, keys.Suite, keys.Receive)}
}

// sealed is a packet of the peer as it goes over the wire.
func (s *secret) sealed(seq uint16) []byte {
	s.t.Helper()
	b, err := rtpPacket(seq).Marshal()
	require.NoError(s.t, err)
	b, err = s.out.EncryptRTP(nil, b, nil)
	require.NoError(s.t, err)
	return b
}

func (s *secret) send(seqs ...uint16) {
	s.t.Helper()
	for _, seq := range seqs {
		s.sendRaw(s.peer, s.sealed(seq))
	}
}

// sendControl sends RTCP from the peer.
func (s *secret) sendControl(packets ...rtcp.Packet) {
	s.t.Helper()
	b, err := rtcp.Marshal(packets)
	require.NoError(s.t, err)
	b, err = s.out.EncryptRTCP(nil, b, nil)
	require.NoError(s.t, err)
	_, err = s.peer.rtcp.WriteToUDPAddrPort(b, address(s.ours.RTCPPort()))
	require.NoError(s.t, err)
}

// wire is the next packet at the peer's RTP port, as it came.
func (r *rig) wire() []byte {
	r.t.Helper()
	b := make([]byte, 2048)
	require.NoError(r.t, r.peer.rtp.SetReadDeadline(time.Now().Add(patience)))
	n, _, err := r.peer.rtp.ReadFromUDPAddrPort(b)
	require.NoError(r.t, err)
	return b[:n]
}

// plain is the next packet at the peer's RTP port, decrypted.
func (s *secret) plain() *rtp.Packet {
	s.t.Helper()
	b, err := s.in.DecryptRTP(nil, s.wire(), nil)
	require.NoError(s.t, err)
	pkt := &rtp.Packet{}
	require.NoError(s.t, pkt.Unmarshal(b))
	return pkt
}

// control is the next RTCP at the peer, decrypted.
func (s *secret) control() []rtcp.Packet {
	s.t.Helper()
	b := make([]byte, 2048)
	require.NoError(s.t, s.peer.rtcp.SetReadDeadline(time.Now().Add(patience)))
	n, _, err := s.peer.rtcp.ReadFromUDPAddrPort(b)
	require.NoError(s.t, err)
	packets, err := rtcp.Unmarshal(b[:n])
	if err == nil { // its head is in the clear
		require.False(s.t, has[*rtcp.SourceDescription](packets), "the peer's name is in the clear")
	}
	b, err = s.in.DecryptRTCP(nil, b[:n], nil)
	require.NoError(s.t, err)
	packets, err = rtcp.Unmarshal(b)
	require.NoError(s.t, err)
	return packets
}

// settle waits until the session has discarded so many packets.
func (r *rig) settle(discarded uint64) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return r.session.Stats().Discarded >= discarded }, patience, ms)
	require.Equal(r.t, discarded, r.session.Stats().Discarded)
}

func TestEncryptedBothWays(t *testing.T) {
	for suite := range profiles() {
		t.Run(suite, func(t *testing.T) {
			s := newSecret(t, testKeys(suite, 1), nil)
			s.send(1, 2, 3)
			s.expect(1, 2, 3)
			s.sendControl(&rtcp.SenderReport{SSRC: peerSSRC, NTPTime: 7, RTPTime: 9}, &rtcp.PictureLossIndication{MediaSSRC: ourSSRC})
			require.Equal(t, [2]uint64{7, 9}, receive(t, s.reports))
			receive(t, s.asked)

			pkt := rtpPacket(11)
			pkt.Payload = bytes.Repeat([]byte("picture "), 100)
			require.NoError(t, s.session.Send(pkt))
			got := s.plain()
			require.Equal(t, pkt.Payload, got.Payload)
			require.EqualValues(t, ourSSRC, got.SSRC)
			require.True(t, s.session.RequestKeyframe())
			require.True(t, has[*rtcp.PictureLossIndication](s.control()))
			s.session.Close()
			require.True(t, has[*rtcp.Goodbye](s.control()), "the goodbye is encrypted, too")
		})
	}
}

// TestShutSessionIsSilent: nothing leaves and nothing comes in before it is known how.
func TestShutSessionIsSilent(t *testing.T) {
	r := newRig(t, func(p *SessionParams) { p.Shut = true })
	r.send(1, 2, 3)
	r.sendControl(&rtcp.SenderReport{SSRC: peerSSRC}, &rtcp.Goodbye{Sources: []uint32{peerSSRC}})
	r.settle(4)
	require.ErrorIs(t, r.session.Send(rtpPacket(1)), ErrShut)
	require.False(t, r.session.RequestKeyframe())
	r.session.report(time.Now())
	r.session.Close()
	require.Empty(t, r.packets)
	require.Empty(t, r.byes)
	for _, conn := range []interface {
		SetReadDeadline(t time.Time) error
		Read(b []byte) (int, error)
	}{r.peer.rtp, r.peer.rtcp} {
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(100*ms)))
		_, err := conn.Read(make([]byte, 100))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded, "something was sent")
	}
}

// TestNothingClearIsTaken, nor what was changed, nor what comes twice, nor what another key made.
func TestNothingClearIsTaken(t *testing.T) {
	s := newSecret(t, testKeys(sha80, 1), nil)
	first := s.sealed(1)
	s.sendRaw(s.peer, first)
	s.expect(1)
	s.rig.send(2)
	s.rig.sendControl(&rtcp.ReceiverReport{SSRC: peerSSRC}, &rtcp.Goodbye{Sources: []uint32{peerSSRC}})
	s.sendRaw(s.peer, first)
	changed := s.sealed(2)
	changed[13] ^= 1
	s.sendRaw(s.peer, changed)
	stranger := secret{rig: s.rig, out: context(t, sha80, testKeys(sha80, 9).Receive)}
	stranger.send(2)
	stranger.sendControl(&rtcp.Goodbye{Sources: []uint32{peerSSRC}})
	s.settle(6)
	s.send(2, 3)
	s.expect(2, 3)
	require.Empty(t, s.byes)
}

// TestKeysThatStayGoOn past the end of the numbers; new ones begin anew.
func TestKeysThatStayGoOn(t *testing.T) {
	keys := testKeys(sha80, 1)
	s := newSecret(t, keys, nil)
	exchange := func(seqs ...uint16) {
		t.Helper()
		for _, seq := range seqs {
			s.send(seq)
			s.expect(seq)
			require.NoError(t, s.session.Send(rtpPacket(seq)))
			require.Equal(t, rtpPacket(seq).Payload, s.plain().Payload)
		}
	}
	exchange(65533, 65534, 65535, 0, 1)
	require.NoError(t, s.session.Protect(keys))
	exchange(2)
	require.NoError(t, s.session.Protect(nil))
	s.rig.send(3)
	s.expect(3)
	require.NoError(t, s.session.Send(rtpPacket(3)))
	require.True(t, bytes.HasSuffix(s.wire(), rtpPacket(3).Payload), "both sides agreed to go on in the clear")
	require.NoError(t, s.session.Protect(keys))
	exchange(4)

	before := *s
	other := testKeys(sha80, 2)
	require.NoError(t, s.session.Protect(other))
	before.send(5)
	s.settle(1)
	s.in, s.out = context(t, sha80, other.Send), context(t, sha80, other.Receive)
	exchange(5, 6)
}

func TestKeysThatDoNotFit(t *testing.T) {
	s := newSecret(t, testKeys(sha80, 1), nil)
	require.Error(t, s.session.Protect(&Keys{Suite: "F8_128_HMAC_SHA1_80"}))
	require.Error(t, s.session.Protect(&Keys{Suite: sha80, Send: []byte("short"), Receive: []byte("short")}))
	err := s.session.Protect(&Keys{Suite: sha80, Send: []byte("sixteen bytes of a key"), Receive: nil})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "sixteen")
	s.send(1)
	s.expect(1)
}

// TestCopiesDoNotStandInTheWay: who sends a copy of the peer's packet before the peer itself does not keep it out.
func TestCopiesDoNotStandInTheWay(t *testing.T) {
	s := newSecret(t, testKeys(sha80, 1), nil)
	s.send(1)
	s.expect(1)
	copier, err := NewPool(host, 0, 0, 0).Open()
	require.NoError(t, err)
	defer copier.Close()
	next := s.sealed(2)
	s.sendRaw(copier, next)
	s.settle(1)
	s.sendRaw(s.peer, next)
	s.expect(2)
}

// FuzzSRTP throws datagrams at an encrypted session, as they are and as if they had been encrypted.
func FuzzSRTP(f *testing.F) {
	one, err := rtpPacket(1).Marshal()
	require.NoError(f, err)
	f.Add(one, false)
	f.Add(one, true)
	f.Add([]byte{0xB3, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xBE, 0xDE, 0, 9, 1, 2, 3, 4}, true)
	f.Add([]byte{0x81, 203, 0, 1, 0, 0, 0, 1, 0x80, 0, 0, 1}, false)
	f.Add([]byte{0x81, 205, 0, 3, 0, 0, 0, 1, 0x11, 0x11, 0x11, 0x11, 0, 1, 0xFF, 0xFF}, true)
	f.Fuzz(func(t *testing.T, input []byte, genuine bool) {
		for _, suite := range []string{sha80, "AEAD_AES_128_GCM"} {
			keys := testKeys(suite, 1)
			var got []Packet
			session := NewSession(SessionParams{
				SSRC: ourSSRC, ClockRates: map[uint8]int{video: 90000}, Shut: true,
				Handle: func(p Packet) { got = append(got, p) },
			})
			session.SetRemote(nowhere, nowhere)
			require.NoError(t, session.Protect(keys))
			datagram := bytes.Clone(input)
			if genuine {
				datagram = protected(t, suite, keys.Receive, input)
			}
			kept := bytes.Clone(datagram)
			session.takeRTP(datagram, nowhere, start)
			session.takeRTCP(datagram, nowhere, start)
			require.Equal(t, kept, datagram)
			stats := session.Stats()
			if !genuine {
				require.Empty(t, got)
				require.Zero(t, stats.Packets)
			}
			for _, p := range got {
				require.True(t, bytes.Contains(input, p.Payload))
			}
		}
	})
}

// protected is the input as a peer would send it, if it is RTP or RTCP at all.
func protected(t *testing.T, suite string, key, input []byte) []byte {
	peer := context(t, suite, key)
	var b []byte
	var err error
	if isRTCP(input) {
		b, err = peer.EncryptRTCP(nil, input, nil)
	} else {
		b, err = peer.EncryptRTP(nil, input, nil)
	}
	if err != nil {
		return bytes.Clone(input)
	}
	return b
}
