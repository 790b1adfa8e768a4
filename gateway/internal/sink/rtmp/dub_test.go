package rtmp

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
)

const (
	testRate  = 48000
	testFrame = 1024
	frameTime = testFrame * time.Second / testRate
)

// coder is an encoder whose units hold the first sample of each frame. As a real one does it hands a frame out when two
// more have come.
type coder struct {
	t      *testing.T
	open   *int
	format *media.Format
	pcm    []int16
	at     time.Duration // of the first sample in pcm
}

func (c *coder) Encode(pcm []int16, pts time.Duration) (units []*media.Unit, err error) {
	if len(c.pcm) == 0 {
		c.at = pts
	}
	want := c.at + time.Duration(len(c.pcm))*time.Second/testRate
	require.InDelta(c.t, want, pts, 1000, "samples are missing or doubled")
	c.pcm = append(c.pcm, pcm...)
	for ; len(c.pcm) >= 3*testFrame; c.pcm = c.pcm[testFrame:] {
		units = append(units, &media.Unit{
			Format: c.format, PTS: c.at, DTS: c.at, Duration: frameTime, Key: true,
			Payload: binary.BigEndian.AppendUint16([]byte{0xEE}, uint16(c.pcm[0])),
		})
		c.at += frameTime
	}
	return units, nil
}

func (c *coder) Close() { *c.open-- }

// dubbed is a dub under test with what came out of it.
type dubbed struct {
	*dub
	t     *testing.T
	open  int // encoders
	fresh bool
	units []*media.Unit
}

func newDubbed(t *testing.T) *dubbed {
	d := &dubbed{t: t}
	d.dub = newDub(func(rate, channels int) (SoundEncoder, error) {
		require.Equal(t, []int{testRate, 1}, []int{rate, channels})
		d.open++
		return &coder{t: t, open: &d.open, format: &media.Format{Codec: media.AAC, SampleRate: rate, Channels: 1, Config: []byte{0x11, 0x88}}}, nil
	}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		d.shut()
		require.Zero(t, d.open, "an encoder was not closed")
	})
	return d
}

func (d *dubbed) feed(units ...*media.Unit) {
	d.t.Helper()
	for _, u := range units {
		require.NoError(d.t, d.pass(u, d.fresh, func(u *media.Unit) error {
			d.units = append(d.units, u)
			return nil
		}))
	}
}

// audible is what is heard, one letter for each frame: o the stream's own, . silence, else what the sound's samples say.
// It fails the test if frames overlap or leave a hole as long as one.
func (d *dubbed) audible() string {
	d.t.Helper()
	var heard []byte
	var end time.Duration
	for _, u := range d.units {
		if u.Kind() == media.Video {
			continue
		}
		if len(heard) > 0 {
			require.GreaterOrEqual(d.t, u.DTS, end-time.Microsecond, "overlap after %s", heard)
			require.Less(d.t, u.DTS, end+frameTime, "hole after %s", heard)
		}
		end = u.DTS + u.Duration
		switch {
		case u.Payload[0] != 0xEE:
			heard = append(heard, 'o')
		case u.Payload[2] == 0:
			heard = append(heard, '.')
		default:
			heard = append(heard, u.Payload[2])
		}
	}
	return string(heard)
}

// samples is sound of several frames, which say what they are.
func samples(frames string) (pcm []int16) {
	for _, letter := range frames {
		for range testFrame {
			pcm = append(pcm, int16(letter))
		}
	}
	return pcm
}

func own(n int) *media.Unit {
	u := tone(time.Duration(n) * frameTime)
	u.Duration = frameTime
	return u
}

// run feeds the stream's own sound from one frame to before another.
func (d *dubbed) run(from, to int) {
	d.t.Helper()
	for n := from; n < to; n++ {
		d.feed(own(n))
	}
}

func TestDubMutes(t *testing.T) {
	d := newDubbed(t)
	d.run(0, 3)
	d.mute(true)
	d.run(3, 10)
	d.mute(false)
	d.run(10, 14)
	require.Equal(t, "ooo.......oooo", d.audible(), "not a frame is missing or heard twice")
	require.Equal(t, own(13).DTS, d.units[13].DTS, "the stream's own sound is where it was")
}

func TestDubPlaysASoundOnce(t *testing.T) {
	d := newDubbed(t)
	ended := 0
	d.run(0, 2)
	d.play(&clip{pcm: samples("abcd"), rate: testRate, ended: func() { ended++ }})
	d.run(2, 5)
	require.Zero(t, ended)
	d.run(5, 12)
	require.Equal(t, "ooabcdoooooo", d.audible())
	require.Equal(t, 1, ended)
}

func TestDubPlaysOverSilenceAndAgain(t *testing.T) {
	d := newDubbed(t)
	d.mute(true)
	d.play(&clip{pcm: samples("ab"), rate: testRate, loop: true, ended: func() { t.Error("ended") }})
	d.run(0, 6)
	d.play(&clip{pcm: samples("xyz"), rate: testRate})
	d.run(6, 13)
	d.play(nil)
	d.mute(false)
	d.run(13, 15)
	require.Equal(t, "abababxyz....oo", d.audible())
}

func TestDubIsTimedByPicturesToo(t *testing.T) {
	f, d := pictures(t), newDubbed(t)
	d.play(&clip{pcm: samples("abcdefghi"), rate: testRate})
	for n := range 10 {
		d.feed(frame(f, time.Hour+time.Duration(n)*40*ms, n == 0))
	}
	require.Equal(t, "abcdefghi", d.audible()[:9])
	for _, u := range d.units {
		if u.Kind() == media.Audio {
			require.Equal(t, time.Hour, u.DTS)
			break
		}
	}
}

// Pictures ahead of the sound don't make the stream's own be heard together with what stood in for it.
func TestDubMeetsSoundThatIsLate(t *testing.T) {
	f, d := pictures(t), newDubbed(t)
	late := 7
	for n := range 40 {
		d.mute(n >= 10 && n < 25)
		d.feed(frame(f, time.Duration(n)*frameTime, n == 0))
		if n >= late {
			d.feed(own(n - late))
		}
	}
	require.Equal(t, "ooo"+strings.Repeat(".", 21)+"ooooooooo", d.audible())
}

func TestDubFollowsTheTimeline(t *testing.T) {
	for name, jump := range map[string]time.Duration{"forward": time.Hour, "back": -time.Hour, "hole": 1500 * ms} {
		t.Run(name, func(t *testing.T) {
			d, base := newDubbed(t), 2*time.Hour
			d.play(&clip{pcm: samples("abcdefghijklmnopq"), rate: testRate})
			at := func(n int, since time.Duration) *media.Unit {
				u := own(n)
				u.DTS, u.PTS = u.DTS+since, u.PTS+since
				return u
			}
			for n := range 10 {
				d.feed(at(n, base))
			}
			d.units = nil
			for n := range 10 {
				d.feed(at(n, base+9*frameTime+jump))
			}
			require.Equal(t, base+9*frameTime+jump, d.units[0].DTS)
			require.Equal(t, "jklmno", d.audible()[:6], "goes on where it was")
			d.play(nil)
			d.units = nil
			d.feed(at(10, base+9*frameTime+jump), at(11, base+9*frameTime+jump))
			require.Contains(t, d.audible(), "o")
		})
	}
}

// What a new connection is handed of the past has had its sound.
func TestDubDoesNotPlayTwiceOnAFreshConnection(t *testing.T) {
	f, d := pictures(t), newDubbed(t)
	d.play(&clip{pcm: samples("abcdefghijklmnopqrstuvwxyz"), rate: testRate})
	run := func(from, to int) {
		for n := from; n < to; n++ {
			d.feed(frame(f, time.Duration(n)*frameTime, n == 0))
		}
	}
	run(0, 10)
	d.fresh = true
	run(0, 10)
	d.fresh = false
	run(10, 18)
	require.Equal(t, "abcdefghijklmn", d.audible(), "but for what the encoder holds back")
}

func TestDubWithoutEncoder(t *testing.T) {
	tried, ended := 0, 0
	d := &dubbed{t: t, dub: newDub(func(int, int) (SoundEncoder, error) {
		tried++
		return nil, errors.New("no AAC in this build")
	}, slog.New(slog.DiscardHandler))}
	d.run(0, 2)
	d.play(&clip{pcm: samples("abc"), rate: testRate, ended: func() { ended++ }})
	d.run(2, 9)
	require.Len(t, d.units, 6, "nothing is heard while it would play")
	require.Equal(t, []int{1, 1}, []int{tried, ended})
}

// The other side is told of each change of encoder, on one timeline.
func TestDubAnnouncesItsSound(t *testing.T) {
	out, m, d := new(tape), newMuxer(), newDubbed(t)
	m.connect(out)
	feed := func(from, to int) {
		for n := from; n < to; n++ {
			require.NoError(t, d.pass(frame(pictures(t), time.Duration(n)*frameTime, true), !m.started, m.write))
			require.NoError(t, d.pass(own(n), !m.started, m.write))
		}
	}
	feed(0, 3)
	d.mute(true)
	feed(3, 9)
	d.mute(false)
	feed(9, 12)
	var kinds []byte
	last := uint32(0)
	for _, tag := range out.tags {
		if tag.Type != rtmp.TagAudio {
			continue
		}
		require.GreaterOrEqual(t, tag.Timestamp, last)
		last = tag.Timestamp
		switch {
		case tag.Payload[1] == aacHeader:
			kinds = append(kinds, 'H')
		case tag.Payload[2] == 0xEE:
			kinds = append(kinds, '.')
		default:
			kinds = append(kinds, 'o')
		}
	}
	require.Equal(t, "HoooH......Hooo", string(kinds))
}
