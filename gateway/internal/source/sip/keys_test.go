package sip

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/dtmf"
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sdp"
)

// pressed is the sound of keys in frames of a law, with a silence before and after.
func pressed(law media.Codec, keys string) (frames [][]byte) {
	var s dtmf.Sender
	s.Queue(keys)
	silence := media.Silence(law, frameSamples)
	frames = append(frames, silence, silence)
	for pcm := make([]int16, frameSamples); s.Sound(pcm, audioRate); {
		frames = append(frames, g711.Encode(nil, law, pcm))
	}
	return append(frames, silence, silence)
}

func TestKeysAreHeardInTheSound(t *testing.T) {
	for _, law := range []media.Codec{media.PCMA, media.PCMU} {
		r := newAudioRig()
		r.agree(law)
		for n, frame := range pressed(law, "1590*#AD77") {
			r.send(n, frameSamples, func(p *rtpio.Packet) {
				p.PayloadType, p.Payload = map[media.Codec]uint8{media.PCMA: 8, media.PCMU: 0}[law], frame
			})
		}
		require.Equal(t, "1590*#AD77", r.heard, law)
		require.Equal(t, dtmf.BySound, r.way)
	}
}

func TestKeyWithAHoleIsOneKey(t *testing.T) {
	r := newAudioRig()
	r.agree(media.PCMA)
	missing := 0
	for n, frame := range pressed(media.PCMA, "33") {
		if n == 4 { // in the middle of the first
			missing = 1
			continue
		}
		r.send(n, frameSamples, lost(missing), func(p *rtpio.Packet) { p.Payload = frame })
		missing = 0
	}
	require.Equal(t, "33", r.heard)
}

func TestKeysInTheSoundAreNotHeardBesideEvents(t *testing.T) {
	r := newAudioRig()
	r.negotiated(&sdp.Media{
		Payloads: []sdp.Payload{{Type: 8, Codec: media.PCMA, ClockRate: audioRate}}, DTMF: &sdp.Payload{Type: 97, ClockRate: audioRate},
		Direction: sdp.Direction{Send: true, Receive: true},
	})
	r.agreed = r.start
	frames := pressed(media.PCMA, "42")
	for n, frame := range frames {
		r.send(n, frameSamples, func(p *rtpio.Packet) { p.Payload = frame })
	}
	require.Empty(t, r.heard, "they come as events too")

	r.agree(media.PCMA) // now they do not
	for n, frame := range frames {
		r.send(len(frames)+n, frameSamples, func(p *rtpio.Packet) { p.Payload = frame })
	}
	require.Equal(t, "42", r.heard)
}

// TestEventsByANumberThatWasOfferedForACodec: the answer's numbers come before those of the offer.
func TestEventsByANumberThatWasOfferedForACodec(t *testing.T) {
	offered := []media.Codec{media.Opus, media.PCMA}
	types := payloadTypes(&sdp.Media{
		Payloads: []sdp.Payload{{Type: 8, Codec: media.PCMA, ClockRate: audioRate}}, DTMF: &sdp.Payload{Type: sdp.Opus, ClockRate: audioRate},
	}, offered)
	require.NotContains(t, types, uint8(sdp.Opus))
	require.Equal(t, media.PCMA, types[8])
}

// TestKeysSoundWhereNoEventsAreTaken: they take the place of an injected stream while they sound, and the RTP stream
// goes on as ever.
func TestKeysSoundWhereNoEventsAreTaken(t *testing.T) {
	inBubble(t, func(t *testing.T, r *backRig) {
		r.negotiated(sdp.Answer{Audio: &sdp.Media{
			RTP: anywhere, Direction: sdp.Direction{Send: true, Receive: true},
			Payloads: []sdp.Payload{{Type: 8, Codec: media.PCMA, ClockRate: audioRate}},
		}})
		r.start()
		r.run(time.Second, true, false)
		require.ErrorIs(t, r.queue("1x"), errNoKey)
		begun := len(r.audio.sent)
		require.NoError(t, r.queue("159#"))
		r.run(2*time.Second, true, false)
		const long = 4 * 10 // frames

		d, heard := dtmf.NewDetector(audioRate), ""
		for _, p := range r.frames() {
			require.Equal(t, uint8(8), p.PayloadType)
			heard += d.Push(g711.Decode(nil, media.PCMA, p.Payload))
		}
		require.Equal(t, "159#", heard)
		keys := r.audio.sent[begun : begun+long]
		require.Less(t, amplitude(keys, 440), 0.01, "the stream is not heard")
		for _, p := range keys {
			require.False(t, p.Marker, "the talk goes on")
		}
		require.InDelta(t, 0.5, amplitude(r.audio.sent[begun-10:begun], 440), 0.05)
		require.InDelta(t, 0.5, amplitude(r.audio.sent[begun+long:begun+long+10], 440), 0.05)
		require.Greater(t, amplitude(keys[:5], 697), 0.2)
		require.Greater(t, amplitude(keys[:5], 1209), 0.25)
		require.Less(t, amplitude(keys[5:10], 697), 0.001, "silence between keys")
	})
}

// TestSoundOfKeysEndsWithSilence where nothing else is sent.
func TestSoundOfKeysEndsWithSilence(t *testing.T) {
	inBubble(t, func(t *testing.T, r *backRig) {
		r.negotiated(sdp.Answer{Audio: &sdp.Media{
			RTP: anywhere, Direction: sdp.Direction{Send: true, Receive: true},
			Payloads: []sdp.Payload{{Type: 8, Codec: media.PCMA, ClockRate: audioRate}},
		}})
		r.run(100*time.Millisecond, false, false)
		begun := len(r.audio.sent)
		require.NoError(t, r.queue("D"))
		r.run(500*time.Millisecond, false, false)
		all := r.frames()
		for i, p := range all {
			require.Equal(t, i >= begun && i < begun+5, talks(p), "frame %d", i)
			require.Equal(t, i == begun, p.Marker, "talk begins with the key")
		}
	})
}
