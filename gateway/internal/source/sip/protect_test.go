package sip

import (
	"log/slog"
	"net/netip"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sdp"
	"callcast/gateway/internal/stream"
)

// newEncrypted is one side of a call with a policy.
func newEncrypted(t *testing.T, policy gateway.SRTPPolicy) *Source {
	t.Helper()
	s, err := New(Params{
		Pool: rtpio.NewPool("127.0.0.1", 0, 0, 0), IP: netip.MustParseAddr("127.0.0.1"), HasAudio: true, HasVideo: true,
		Codecs: [media.Kinds][]media.Codec{media.Audio: {media.PCMA}, media.Video: {media.H264}},
		SRTP:   policy, Stream: stream.New(stream.Params{Name: "call", Log: slog.New(slog.DiscardHandler)}),
		CNAME: "test", Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() { s.Close(); s.params.Stream.Close() })
	return s
}

// agree lets b answer a's offer.
func agree(t *testing.T, offer []byte, a, b *Source) (answer []byte) {
	t.Helper()
	answer, err := b.Reoffer(offer)
	require.NoError(t, err)
	_, err = a.Answer(answer)
	require.NoError(t, err)
	return answer
}

// requireFlow waits until both sides have received sound and pictures of the other, from now on.
func requireFlow(t *testing.T, sides ...*Source) {
	t.Helper()
	for _, s := range sides {
		audio, video := s.audioRTP.Stats().Packets, s.videoRTP.Stats().Packets
		require.Eventually(t, func() bool {
			return s.audioRTP.Stats().Packets > audio+5 && s.videoRTP.Stats().Packets > video
		}, 2*patienceOfTests, 10*time.Millisecond, "%+v %+v", s.audioRTP.Stats(), s.videoRTP.Stats())
	}
}

var keyOf = regexp.MustCompile(`inline:\S+`)

func TestEncryptedCall(t *testing.T) {
	a, b := newEncrypted(t, gateway.SRTPRequired), newEncrypted(t, gateway.SRTPOptional)
	require.False(t, a.Encrypted())
	offer := a.Offer()
	answer := agree(t, offer, a, b)
	require.True(t, a.Encrypted())
	require.True(t, b.Encrypted())
	requireFlow(t, a, b)

	hold, _ := a.Hold(true)
	require.Subset(t, keyOf.FindAllString(string(hold), -1), []string{keyOf.FindString(string(offer))}, "the key that is in use stays")
	again := agree(t, hold, a, b)
	require.Equal(t, keyOf.FindAllString(string(answer), -1), keyOf.FindAllString(string(again), -1))
	resume, _ := a.Hold(false)
	agree(t, resume, a, b)
	requireFlow(t, a, b)
	same, _ := b.Hold(false)
	agree(t, same, b, a) // b's key was in its answer
	requireFlow(t, a, b)
	for _, s := range []*Source{a, b} {
		require.Zero(t, s.audioRTP.Stats().Discarded)
		require.Zero(t, s.videoRTP.Stats().Discarded)
	}

	a.mu.Lock()
	a.local.Audio.Keys, a.local.Video.Keys = sdp.NewKeys(), sdp.NewKeys()
	a.offer = sdp.Offer(a.local)
	a.mu.Unlock()
	changed := agree(t, a.Offer(), a, b)
	for _, key := range keyOf.FindAllString(string(changed), -1) {
		require.NotContains(t, string(answer), key, "new keys are answered with new ones")
	}
	requireFlow(t, a, b)
}

func TestEncryptionIsOptional(t *testing.T) {
	a, b := newEncrypted(t, gateway.SRTPOptional), newEncrypted(t, gateway.SRTPNever)
	agree(t, a.Offer(), a, b)
	require.False(t, a.Encrypted())
	requireFlow(t, a, b)
}

func TestEncryptionIsRequired(t *testing.T) {
	a, b := newEncrypted(t, gateway.SRTPRequired), newEncrypted(t, gateway.SRTPNever)
	_, err := b.Reoffer(a.Offer())
	require.ErrorContains(t, err, "the other side wants encryption")
	_, err = a.Reoffer(b.Offer())
	require.ErrorContains(t, err, "the other side does not encrypt")
	p := newPhone(t)
	p.call(a)
	_, err = a.Answer(p.sdp("sendrecv", "sendrecv"))
	require.ErrorContains(t, err, "the other side does not encrypt")
	p.send(0, 8, 0, false, make([]byte, frameSamples))
	require.Eventually(t, func() bool { return a.audioRTP.Stats().Discarded == 1 }, patienceOfTests, time.Millisecond)
	require.Zero(t, a.audioRTP.Stats().Packets)
	require.Empty(t, p.audio)
	require.Empty(t, p.video)
}

// TestEncryptedCallStaysSo: a re-INVITE that would end encryption is refused, and media goes on as it was.
func TestEncryptedCallStaysSo(t *testing.T) {
	a, b := newEncrypted(t, gateway.SRTPRequired), newEncrypted(t, gateway.SRTPRequired)
	agree(t, a.Offer(), a, b)
	_, err := a.Reoffer(newPhone(t).sdp("sendrecv", "sendrecv"))
	require.ErrorContains(t, err, "the other side does not encrypt")
	require.True(t, a.Encrypted())
	requireFlow(t, a, b)
}

// TestKeysAreNotHandedOn to whom the other side names. Until they answer, all goes on with the keys there are.
func TestKeysAreNotHandedOn(t *testing.T) {
	us := newEncrypted(t, gateway.SRTPRequired)
	before, after := newEncrypted(t, gateway.SRTPRequired), newEncrypted(t, gateway.SRTPRequired)
	agree(t, us.Offer(), us, before)
	another := us.OfferAnother()
	known := keyOf.FindAllString(string(us.Offer()), -1)
	require.Len(t, known, 8)
	for _, key := range known {
		require.NotContains(t, string(another), key)
	}
	hold, _ := us.Hold(true)
	agree(t, hold, us, before)
	resume, _ := us.Hold(false)
	agree(t, resume, us, before)
	requireFlow(t, us, before)

	answer, err := after.Reoffer(another)
	require.NoError(t, err)
	_, err = us.AnswerAnother(answer)
	require.NoError(t, err)
	before.Close()
	requireFlow(t, us, after)
	require.True(t, us.Encrypted())
	agree(t, us.Offer(), us, after)
	requireFlow(t, us, after)
}

// TestKeysOfAnUnansweredOfferAreNotHandedOn to who takes the callee's place: the callee has them.
func TestKeysOfAnUnansweredOfferAreNotHandedOn(t *testing.T) {
	s, pickup := newEncrypted(t, gateway.SRTPRequired), newEncrypted(t, gateway.SRTPRequired)
	offered := s.Offer()
	answer := agree(t, pickup.Offer(), pickup, s)
	for _, key := range keyOf.FindAllString(string(offered), -1) {
		require.NotContains(t, string(answer), key)
	}
	require.True(t, s.Encrypted())
	requireFlow(t, s, pickup)
}
