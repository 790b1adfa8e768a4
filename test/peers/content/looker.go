package content

import "time"

// looker reads the pictures of the clip, one after another, into a report.
type looker struct {
	report *Report
	clip   []cells // how the pictures should be; nil if only their counter is to be read
	last   int     // the number of the picture before, -1 if there is none
	lit    bool
}

func (l *looker) see(at time.Duration, grey []byte) {
	r, f := l.report, readFrame(grey, l.clip)
	r.Frames++
	switch {
	case f.foreign:
		r.Foreign++
		return
	case f.damaged:
		r.Damaged++
		return
	}
	if f.lamp && !l.lit {
		r.Flashes = append(r.Flashes, at)
	}
	l.lit = f.lamp
	switch step := (f.counter - l.last + loop) % loop; {
	case l.last < 0:
	case step == 0:
		r.Repeated++
	default:
		r.Skipped += step - 1
	}
	l.last = f.counter
}

// Picture is one that stood on a screen: its brightness, 160 by 90 pixels.
type Picture struct {
	At   time.Duration
	Grey []byte
}

// Sound is a piece of what was heard: samples at 8 kHz.
type Sound struct {
	At  time.Duration
	PCM []int16
}

// Watch reports what was seen and heard. A screen shows pictures as it will, and a browser codes them as it will: of a
// picture only the counter is judged, and the same one may stand there twice.
func Watch(seen []Picture, heard []Sound) Report {
	var r Report
	eye := looker{report: &r, last: -1}
	for i, p := range seen {
		if len(p.Grey) != width*height {
			r.Foreign++
			continue
		}
		eye.see(p.At, p.Grey)
		r.VideoDuration = p.At - seen[0].At
		if i > 0 {
			r.LongestVideoGap = max(r.LongestVideoGap, p.At-seen[i-1].At)
		}
	}
	var ear listener
	for _, s := range heard {
		ear.hear(s.At, s.PCM)
		r.AudioDuration += samples(len(s.PCM))
	}
	r.Beeps = ear.beeps
	r.pair()
	return r
}

// Share is the part of what was heard in which a frequency stands out, as Tone finds it in a recording.
func Share(heard []Sound, frequency float64) float64 {
	var pcm []int16
	for _, s := range heard {
		pcm = append(pcm, s.PCM...)
	}
	standsOut, total := count(pcm, frequency)
	return float64(standsOut) / float64(max(total, 1))
}
