package conceal

import "math"

// What is looked at and made, in parts of a second.
const (
	shortest = 400 // the pitch of a child's voice, hertz
	longest  = 66  // of a deep one
	compared = 50  // how much sound is compared to find it
	segment  = 100 // least that is repeated: a shorter piece would be heard as a buzz
	seam     = 250 // over which two pieces are blended
)

// How long what is made up lasts, in milliseconds: as it was for steady, then fading to nothing at limit.
const (
	steady = 10
	limit  = 60
)

// Filler makes up samples of one channel. Its zero value is not usable.
type Filler struct {
	rate    int
	past    []int16 // what was heard last
	piece   []int16 // that is repeated, when something was lost
	made    int     // samples since then
	step    float64 // from the end of the past to the beginning of the piece
	missing bool
}

// New makes a Filler for a number of samples a second.
func New(rate int) *Filler { return &Filler{rate: rate} }

// Forget makes what comes next silent until something is heard.
func (f *Filler) Forget() { f.past, f.missing = f.past[:0], false }

// Hear takes samples that were received. If some were made up before them, it blends their beginning into that.
func (f *Filler) Hear(pcm []int16) {
	if f.missing {
		f.blend(pcm)
	}
	f.missing = false
	keep := f.rate/longest + f.rate/compared
	if len(pcm) >= keep {
		f.past = append(f.past[:0], pcm[len(pcm)-keep:]...)
		return
	}
	over := max(0, len(f.past)+len(pcm)-keep)
	f.past = append(f.past[:copy(f.past, f.past[over:])], pcm...)
}

// Make fills pcm with what might have come next.
func (f *Filler) Make(pcm []int16) {
	if !f.missing {
		f.begin()
	}
	for i := range pcm {
		pcm[i] = f.next()
	}
}

// begin chooses the piece that is repeated: the last pitch periods.
func (f *Filler) begin() {
	f.missing, f.made, f.step, f.piece = true, 0, 0, nil
	period := f.period()
	if period == 0 {
		return
	}
	n := period
	for n < f.rate/segment {
		n += period
	}
	if n >= len(f.past) {
		n = period
	}
	f.piece = append([]int16(nil), f.past[len(f.past)-n:]...)
	f.step = float64(f.past[len(f.past)-1]) - float64(f.past[len(f.past)-n-1])
}

// period is the distance at which what was heard last is most like what was heard before; 0 if too little was heard.
func (f *Filler) period() int {
	window := min(f.rate/compared, len(f.past)/2)
	least, most := f.rate/shortest, min(f.rate/longest, len(f.past)-window-1)
	recent := f.past[max(0, len(f.past)-window):]
	best, found := -math.MaxFloat64, 0
	for lag := least; lag <= most; lag++ {
		if like := likeness(recent, f.past[len(f.past)-window-lag:]); like > best {
			best, found = like, lag
		}
	}
	return found
}

// likeness is the correlation of a with as much of b.
func likeness(a, b []int16) float64 {
	var product, energy float64 = 0, 1
	for i, v := range a {
		product += float64(v) * float64(b[i])
		energy += float64(b[i]) * float64(b[i])
	}
	return product / math.Sqrt(energy)
}

// next is one more sample.
func (f *Filler) next() int16 {
	fades, ends := f.rate*steady/1000, f.rate*limit/1000
	at := f.made
	f.made++
	if len(f.piece) == 0 || at >= ends {
		return 0
	}
	gain := min(1, float64(ends-at)/float64(ends-fades))
	i := at % len(f.piece)
	v := float64(f.piece[i])
	if edge := f.rate / seam; i < edge { // the piece does not begin just where it ends
		v += f.step * float64(edge-i) / float64(edge+1)
	}
	return int16(max(math.MinInt16, min(math.MaxInt16, gain*v)))
}

// blend lets what was made up go over into pcm.
func (f *Filler) blend(pcm []int16) {
	n := min(len(pcm), f.rate/seam)
	for i := range n {
		w := float64(i+1) / float64(n+1)
		pcm[i] = int16(w*float64(pcm[i]) + (1-w)*float64(f.next()))
	}
}
