package rtmp

import (
	"log/slog"
	"sync"
	"time"

	"callcast/gateway/internal/media"
)

// SoundEncoder makes AAC of samples of one channel. It belongs to one goroutine.
type SoundEncoder interface {
	// Encode returns the units that became complete with samples whose first belongs at pts.
	Encode(pcm []int16, pts time.Duration) ([]*media.Unit, error)
	Close()
}

// hole is the longest pause on the stream's timeline that other sound is played through.
const hole = time.Second

// dub puts other sound in place of the stream's own: silence while that is muted, or a sound. What plays is paced by
// the units that pass, so it needs no clock, and goes on where it was when the connection does. Both sides meet without
// overlap: other sound begins where the stream's ended, and that begins again where other sound ends.
type dub struct {
	open    func(rate, channels int) (SoundEncoder, error)
	log     *slog.Logger
	silence *clip

	mu    sync.Mutex // guards what is wanted: muted and sound
	muted bool
	sound *clip

	// What follows is the goroutine's that feeds the connection.
	now    *clip // that plays in place of the stream's sound; nil if that passes
	enc    SoundEncoder
	broken bool // now cannot be encoded
	timed  bool
	end    time.Duration // on the stream's timeline: up to where there is sound
	made   time.Duration // and up to where it has been encoded
	resume time.Duration // the stream's own sound stays out until then
}

func newDub(open func(rate, channels int) (SoundEncoder, error), log *slog.Logger) *dub {
	const rate = 48000
	return &dub{open: open, log: log, silence: &clip{pcm: make([]int16, rate/50), rate: rate, loop: true}}
}

func (d *dub) mute(muted bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.muted = muted
}

func (d *dub) play(c *clip) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sound = c
}

// wanted is what is to play, nil for the stream's own sound.
func (d *dub) wanted() *clip {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sound == nil && d.muted {
		return d.silence
	}
	return d.sound
}

// over takes a clip away that has ended, unless something else is to play by now.
func (d *dub) over(c *clip) {
	d.mu.Lock()
	if d.sound == c {
		d.sound = nil
	}
	d.mu.Unlock()
	if c.ended != nil {
		c.ended()
	}
}

// pass writes a unit with the sound that is heard with it. On a fresh connection units may come that were sent before.
func (d *dub) pass(u *media.Unit, fresh bool, write func(*media.Unit) error) error {
	d.follow(u.DTS, fresh)
	if err := d.keep(u.DTS+u.Duration, write); err != nil {
		return err
	}
	if u.Kind() == media.Audio {
		if d.now != nil || u.DTS < d.resume {
			return nil
		}
		d.end = u.DTS + u.Duration
	}
	return write(u)
}

// follow begins at t if the timeline does not go on from where there was sound last.
func (d *dub) follow(t time.Duration, fresh bool) {
	back := stepBack
	if fresh {
		back = cacheBack
	}
	if d.timed && t >= d.end-back && t <= d.end+hole {
		return
	}
	d.shut() // what it holds back belongs to then
	d.timed, d.end, d.resume = true, t, min(d.resume, t)
}

// turn ends what plays and makes another clip, or none, the one that does.
func (d *dub) turn(to *clip, write func(*media.Unit) error) error {
	if d.now != nil {
		if err := d.flush(write); err != nil {
			return err
		}
		d.shut()
		d.resume = d.end
	}
	d.now, d.broken = to, false
	return nil
}

// keep plays what is wanted up to t.
func (d *dub) keep(t time.Duration, write func(*media.Unit) error) error {
	for {
		if want := d.wanted(); want != d.now {
			if err := d.turn(want, write); err != nil {
				return err
			}
		}
		if d.now == nil {
			return nil
		}
		if err := d.fill(t, write); err != nil || !d.now.finished() {
			return err
		}
		d.over(d.now)
	}
}

// fill plays up to t, or to the end of the clip.
func (d *dub) fill(t time.Duration, write func(*media.Unit) error) error {
	c := d.now
	for {
		n := int(max(0, t-d.end) * time.Duration(c.rate) / time.Second)
		pcm := c.next(n)
		if len(pcm) > 0 {
			if err := d.encode(pcm, d.end, write); err != nil {
				return err
			}
			d.end += time.Duration(len(pcm)) * time.Second / time.Duration(c.rate)
		}
		if len(pcm) == n || c.finished() {
			return nil
		}
	}
}

// flush gets out of the encoder what it holds back.
func (d *dub) flush(write func(*media.Unit) error) error {
	const step, most = 20 * time.Millisecond, 200 * time.Millisecond
	pad := make([]int16, time.Duration(d.now.rate)*step/time.Second)
	for late := time.Duration(0); d.enc != nil && d.made < d.end && late < most; late += step {
		if err := d.encode(pad, d.end+late, write); err != nil {
			return err
		}
	}
	d.end = max(d.end, d.made)
	return nil
}

// encode writes what samples become. Where they cannot be encoded the stream is without sound.
func (d *dub) encode(pcm []int16, at time.Duration, write func(*media.Unit) error) error {
	units, err := d.units(pcm, at)
	if err != nil {
		d.log.Warn("no sound in place of the stream's", "err", err)
		d.shut()
		d.broken = true
	}
	for _, u := range units {
		d.made = u.PTS + u.Duration
		if err := write(u); err != nil {
			return err
		}
	}
	return nil
}

func (d *dub) units(pcm []int16, at time.Duration) ([]*media.Unit, error) {
	if d.broken {
		return nil, nil
	}
	if d.enc == nil {
		enc, err := d.open(d.now.rate, 1)
		if err != nil {
			return nil, err
		}
		d.enc, d.made = enc, at
	}
	return d.enc.Encode(pcm, at)
}

// shut closes the encoder. One is opened again when it is needed.
func (d *dub) shut() {
	if d.enc != nil {
		d.enc.Close()
		d.enc = nil
	}
}

// clip is sound of one channel.
type clip struct {
	pcm   []int16
	rate  int
	loop  bool
	ended func() // may be nil
	at    int    // the sample to be heard next
}

// next takes the next samples: n, or less if the clip ends or begins again.
func (c *clip) next(n int) []int16 {
	if c.loop && c.at == len(c.pcm) {
		c.at = 0
	}
	from := c.at
	c.at = min(from+n, len(c.pcm))
	return c.pcm[from:c.at]
}

func (c *clip) finished() bool { return c.at == len(c.pcm) && (!c.loop || len(c.pcm) == 0) }
