package sip

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/slate"
	"callcast/gateway/internal/stream"
)

var anywhere = netip.MustParseAddrPort("127.0.0.1:9")

// TestInjectedStreamIsHeardAndSeen goes from silence and slate to a stream and back.
func TestInjectedStreamIsHeardAndSeen(t *testing.T) {
	inBubble(t, func(t *testing.T, r *backRig) {
		r.run(600*time.Millisecond, false, false)
		r.start()
		r.run(3*time.Second, true, true)
		r.end()
		r.run(600*time.Millisecond, true, true)

		frames := r.frames()
		first := slices.IndexFunc(frames, talks)
		require.InDelta(t, 660, frames[first].at.Sub(r.begun).Milliseconds(), 20, "after the start delay")
		last := len(frames) - 30
		for i, p := range frames {
			require.Equal(t, i == first, p.Marker, "frame %d: the talk begins", i)
			require.Equal(t, i >= first && i < last, talks(p), "frame %d", i)
		}
		require.InDelta(t, 0.5, amplitude(frames[first+1:last], 440), 0.01)

		pictures := r.pictures()
		require.Equal(t, -1, pictures[0].number)
		require.Equal(t, -1, pictures[len(pictures)-1].number)
		require.True(t, pictures[len(pictures)-1].key)
		begin := slices.IndexFunc(pictures, func(p shownPicture) bool { return p.number >= 0 })
		require.True(t, pictures[begin].key)
		seen := numbers(pictures)
		require.Equal(t, sequence(25, len(seen)), seen, "from the first key picture on, each once")
		require.Greater(t, len(seen), 60)
		for _, p := range pictures {
			if p.number >= 0 {
				at := time.Duration(p.number)*picturePeriod + 60*time.Millisecond
				require.InDelta(t, at.Seconds(), p.at.Sub(r.begun).Seconds(), 0.002, "picture %d at its own time", p.number)
			}
		}
	})
}

// TestSoundAndPictureStayTogether: the first sound of a source that was silent and the picture of the same moment are put
// at the same moment by what sender reports say, whichever packet was the latest before the report.
func TestSoundAndPictureStayTogether(t *testing.T) {
	inBubble(t, func(t *testing.T, r *backRig) {
		loud, quiet := tone(440), media.Silence(media.PCMA, frameSamples)
		r.hear = func(pts time.Duration) []byte {
			if pts < 50*picturePeriod {
				return quiet
			}
			return loud(pts)
		}
		r.lag = func(at time.Duration) time.Duration { return 70*time.Millisecond + at%7*time.Millisecond } // nothing is round
		r.run(333*time.Millisecond, false, false)
		r.start()
		r.run(4*time.Second, true, true)

		frames := r.frames()
		begins := frames[slices.IndexFunc(frames, talks)]
		sample := slices.IndexFunc(begins.Payload, func(b byte) bool { return b != 0xD5 })
		pictures := r.pictures()
		flash := pictures[slices.IndexFunc(pictures, func(p shownPicture) bool { return p.number == 50 })]
		for _, a := range frames[100:] {
			heard := a.at.Add(time.Duration(int32(begins.Timestamp+uint32(sample)-a.Timestamp)) * time.Second / audioRate)
			for _, v := range pictures[50:] {
				seen := v.at.Add(time.Duration(int32(flash.Timestamp-v.Timestamp)) * time.Second / videoRate)
				require.InDelta(t, 0, heard.Sub(seen).Seconds(), 0.010)
			}
		}
	})
}

// TestStalledSourceComesBack: silence fills what a source that stands still leaves out, then all is as before.
func TestStalledSourceComesBack(t *testing.T) {
	inBubble(t, func(t *testing.T, r *backRig) {
		r.start()
		r.run(2*time.Second, true, true)
		r.run(time.Second, false, false)
		r.run(3*time.Second, true, true)
		frames := r.frames()
		require.InDelta(t, 0.5, amplitude(frames[10:90], 440), 0.01)
		for _, p := range frames[105:145] {
			require.False(t, talks(p))
		}
		require.InDelta(t, 0.5, amplitude(frames[160:290], 440), 0.01)
		markers := 0
		for _, p := range frames {
			if p.Marker {
				markers++
			}
		}
		require.Equal(t, 2, markers, "two talks")
		require.Equal(t, append(sequence(0, 50), sequence(75, 74)...), numbers(r.pictures())[:124])
	})
}

// numbered is a frame that bears its number.
func numbered(pts time.Duration) []byte {
	return slices.Repeat([]byte{byte(pts / frame % 200)}, frameSamples)
}

// TestClocksThatDrift: the source's clock is a thousandth fast or slow. What waits neither grows nor runs out, and nearly
// everything is heard.
func TestClocksThatDrift(t *testing.T) {
	for _, speed := range []float64{0.999, 1.001} {
		inBubble(t, func(t *testing.T, r *backRig) {
			r.hear, r.speed = numbered, speed
			r.start()
			r.run(time.Minute, true, true)
			missed := 0
			for i, p := range r.frames()[10:] {
				at := p.at.Sub(r.begun)
				source := int(time.Duration(float64(at)*speed) / frame)
				heard := p.Payload[frameSamples/2]
				if heard == 0xD5 { // silence
					missed++
					continue
				}
				behind := (source - int(heard) + 400) % 200
				require.LessOrEqual(t, behind, 5, "frame %d: within 100 ms", i)
			}
			require.Less(t, missed, 10)
			seen := numbers(r.pictures())
			require.Equal(t, sequence(0, len(seen)), seen)
		})
	}
}

// TestLateSourceIsWaitedFor: a source that suddenly is 150 ms later than it was is heard whole again at once.
func TestLateSourceIsWaitedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, r *backRig) {
		r.hear = numbered
		r.lag = func(at time.Duration) time.Duration {
			if at < 2*time.Second {
				return 0
			}
			return 150 * time.Millisecond
		}
		r.start()
		r.run(4*time.Second, true, true)
		var heard []int
		for _, p := range r.frames() {
			if n := int(p.Payload[80]); n != 0xD5 && (len(heard) == 0 || heard[len(heard)-1] != n) {
				heard = append(heard, n)
			}
		}
		require.Equal(t, sequence(0, len(heard)), heard, "nothing is left out")
		require.Greater(t, len(heard), 180)
		seen := numbers(r.pictures())
		require.Equal(t, sequence(0, len(seen)), seen)
	})
}

// TestLateJoinerCatchesUp: what the stream has kept since its last key picture goes out in bursts, then pictures are on
// time.
func TestLateJoinerCatchesUp(t *testing.T) {
	inBubble(t, func(t *testing.T, r *backRig) {
		r.keyStep = 1000
		r.run(8*time.Second, true, true)
		r.start()
		r.run(2*time.Second, true, true)
		pictures := r.pictures()
		seen := numbers(pictures)
		require.Equal(t, sequence(0, len(seen)), seen)
		require.Greater(t, len(seen), 245)
		perTick := map[time.Time]int{}
		for _, p := range r.video.sent {
			perTick[p.at]++
			require.LessOrEqual(t, perTick[p.at], burst+10)
		}
		last := pictures[len(pictures)-1]
		require.InDelta(t, (time.Duration(last.number)*picturePeriod + 60*time.Millisecond).Seconds(), last.at.Sub(r.begun).Seconds(), 0.002)
		ahead := time.Duration(last.Timestamp-pictures[0].Timestamp)*time.Second/videoRate - last.at.Sub(pictures[0].at)
		require.InDelta(t, 0, ahead.Seconds(), 0.002, "stamps are those of the present again")
		require.InDelta(t, 0.5, amplitude(r.frames()[420:], 440), 0.01)
	})
}

// TestAnotherTimeline: another source takes the stream over, and its time is another one.
func TestAnotherTimeline(t *testing.T) {
	for _, origin := range []time.Duration{-time.Hour, time.Hour} {
		inBubble(t, func(t *testing.T, r *backRig) {
			r.origin = 2 * time.Hour
			r.start()
			r.run(2*time.Second, true, true)
			r.publisher = r.stream.Publish(stream.PublisherParams{})
			r.origin += origin
			r.run(3*time.Second, true, true)
			frames := r.frames()
			require.InDelta(t, 0.5, amplitude(frames[10:95], 440), 0.01)
			require.InDelta(t, 0.5, amplitude(frames[110:245], 440), 0.01)
			seen := numbers(r.pictures())
			require.GreaterOrEqual(t, seen[len(seen)-1], 122)
			require.Equal(t, sequence(seen[len(seen)-48], 48), seen[len(seen)-48:])
		})
	}
}

// TestSlateStandsInForPictures: a stream that has no video, or none any more.
func TestSlateStandsInForPictures(t *testing.T) {
	inBubble(t, func(t *testing.T, r *backRig) {
		r.start()
		r.run(2*time.Second, true, false)
		require.Empty(t, numbers(r.pictures()))
		require.Len(t, r.pictures(), 4, "slates")
		r.run(time.Second, true, true)
		require.NotEmpty(t, numbers(r.pictures()))
		asked := r.asked
		r.run(5*time.Second, true, false)
		before := len(r.pictures())
		require.Equal(t, -1, r.pictures()[before-1].number)
		require.Equal(t, asked+1, r.asked, "a key picture")
		r.shown = 210 // within a group
		r.run(2*time.Second, true, true)
		after := r.pictures()[before:]
		for i, p := range after {
			if p.number >= 0 {
				require.True(t, p.key, "back with a key picture")
				require.Equal(t, 225, p.number)
				break
			}
			require.Equal(t, -1, p.number, "picture %d", i)
		}
		require.NotEmpty(t, numbers(after))
		require.InDelta(t, 0.5, amplitude(r.frames()[10:], 440), 0.01)
	})
}

// TestKeyPictureOnRequest: of the slate at once, of an injected stream by its source.
func TestKeyPictureOnRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, r *backRig) {
		r.keyStep = 1000
		r.run(400*time.Millisecond, false, false)
		require.Len(t, r.pictures(), 1)
		r.showKey()
		r.run(20*time.Millisecond, false, false)
		require.Len(t, r.pictures(), 2)
		for range 50 {
			r.showKey()
			r.run(20*time.Millisecond, false, false)
		}
		require.InDelta(t, 6, len(r.pictures()), 1, "not as often as somebody likes to ask")
		r.shown = 0
		r.start()
		r.run(2*time.Second, true, true)
		asked := r.asked
		r.showKey()
		r.run(2500*time.Millisecond, true, true)
		require.Equal(t, asked+3, r.asked, "each second, until it comes")
		r.keyStep = r.shown
		r.run(3*time.Second, true, true)
		require.Equal(t, asked+3, r.asked)
	})
}

// TestWhatIsHeardFirst: keys before a sound, a sound before the stream, the stream before silence.
func TestWhatIsHeardFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, r *backRig) {
		r.start()
		r.run(time.Second, true, true)
		ended := 0
		pcm := make([]int16, 8000+80)
		for i := range pcm {
			pcm[i] = int16(16384 * sine(1000, i))
		}
		r.play(&sound{samples: pcm, rate: audioRate, ended: func() { ended++ }})
		r.run(500*time.Millisecond, true, true)
		require.NoError(t, r.queue("5"))
		r.run(2*time.Second, true, true)
		require.Equal(t, 1, ended)
		frames := r.frames()
		require.InDelta(t, 0.5, amplitude(frames[5:50], 440), 0.02)
		require.InDelta(t, 0.5, amplitude(frames[50:75], 1000), 0.02)
		for _, p := range frames[75:85] {
			require.Equal(t, uint8(101), p.PayloadType)
		}
		require.InDelta(t, 0.5, amplitude(frames[85:110], 1000), 0.02, "goes on where it was")
		require.InDelta(t, 0.5, amplitude(frames[112:], 440), 0.02)

		r.play(&sound{samples: pcm[:1234], rate: audioRate, loop: true, ended: func() { ended++ }})
		r.run(time.Second, true, true)
		require.Less(t, amplitude(r.frames()[176:], 440), 0.02)
		r.play(nil)
		r.run(time.Second, true, true)
		require.InDelta(t, 0.5, amplitude(r.frames()[226:], 440), 0.02)
		require.Equal(t, 1, ended, "what is replaced does not end")
	})
}

// TestMuted: keys and pictures go out, sound does not, and passes meanwhile.
func TestMuted(t *testing.T) {
	inBubble(t, func(t *testing.T, r *backRig) {
		r.start()
		r.run(time.Second, true, true)
		r.mute(true)
		shown := len(r.pictures())
		ended := 0
		r.play(&sound{samples: make([]int16, 4000), rate: audioRate, ended: func() { ended++ }})
		r.run(time.Second, true, true)
		require.Equal(t, 1, ended)
		require.NoError(t, r.queue("5"))
		r.run(time.Second, true, true)
		r.mute(false)
		r.run(time.Second, true, true)
		frames := r.frames()
		require.InDelta(t, 0.5, amplitude(frames[5:50], 440), 0.02)
		for _, p := range frames[50:100] {
			require.False(t, talks(p))
		}
		for _, p := range frames[100:110] {
			require.Equal(t, uint8(101), p.PayloadType)
		}
		for _, p := range frames[113:150] {
			require.False(t, talks(p))
		}
		require.InDelta(t, 0.5, amplitude(frames[151:], 440), 0.02)
		require.Greater(t, len(r.pictures()), shown+50, "it is seen all the while")
	})
}

// TestLargePictureGoesInFragments: to a phone that takes no fragments by its own word.
func TestLargePictureGoesInFragments(t *testing.T) {
	var w wire
	slates, err := slate.LoadSet()
	require.NoError(t, err)
	v := newVideoOut(&w, slates)
	var seen []h264.Picture
	d := h264.NewDepacketiser(func(p h264.Picture) { seen = append(seen, p) })
	for i, size := range []int{1000, maxWhole, maxWhole + 1, 20000} {
		nal := append([]byte{0x65, 0xB8}, slices.Repeat([]byte{byte(i + 1)}, size-2)...)
		u := &media.Unit{Format: slates[media.H264].Unit(0).Format, Key: true, Payload: h264.AppendNAL(nil, nal)}
		now := time.Unix(int64(i), 0)
		v.picture(u, now, now, plan{videoType: 112})
		for _, p := range w.sent {
			require.LessOrEqual(t, len(p.Payload), maxWhole)
			d.Push(h264.Packet{Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload})
		}
		require.Equal(t, size > maxWhole, w.sent[0].Payload[0]&0x1F == 24, "parameter sets in one packet: it is mode 1")
		w.sent = nil
		require.Len(t, seen, i+1)
		require.Equal(t, u.Payload, seen[i].Payload)
	}
}
