package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What test/peers/talkers does too.
const (
	markEvery = 20 // of so many talks the first marks
	recorded  = 1  // the talk whose sound is listened to
)

// way is how browsers and telephones come together.
type way struct {
	name  string
	codec string // that the browsers offer
	file  string // extension of it
	talk  bool   // both ways, over the web SDK's protocol; else the browsers listen, by WHEP
}

func ways() []way {
	return []way{
		{"opus", "opus", "ogg", true}, {"passthrough", "PCMA", "alaw", true}, {"listening", "opus", "ogg", false},
	}
}

// chatter is a number of calls of telephones, each with a browser.
type chatter struct {
	way              way
	gateway, talkers string // binaries
	talks            int
	window           time.Duration
	voices           voices
	voiceDir, dir    string // dir is for its files, to be made
}

// talked is what a chatter measured.
type talked struct {
	Contender string  `json:"contender"`
	Way       string  `json:"way"`
	Talks     int     `json:"talks"`
	Idle      outcome `json:"idle"` // before the first call
	Busy      outcome `json:"busy"`

	Browsers  browsers `json:"browsers"` // in the window of Busy
	Phones    browsers `json:"phones"`
	Silent    int      `json:"silent"`    // frames of silence that telephones got in place of a voice
	ToBrowser delays   `json:"toBrowser"` // from a telephone
	ToPhone   delays   `json:"toPhone"`   // from a browser
	AtBrowser float64  `json:"atBrowser"` // part of what is heard that is what was said
	AtPhone   float64  `json:"atPhone"`
}

// browsers is what one side sent and received.
type browsers struct {
	Sent     int64 `json:"sent"`
	Received int64 `json:"received"`
	Missing  int64 `json:"missing"`
}

func (b browsers) since(before browsers) browsers {
	return browsers{b.Sent - before.Sent, b.Received - before.Received, b.Missing - before.Missing}
}

// delays are those of marks.
type delays struct {
	Marks int             `json:"marks"` // that were sent
	Took  []time.Duration `json:"tookNs"`
}

// moments are when marks left one side and came to the other.
type moments struct{ sent, heard []int64 }

// add matches marks that were sent in a window to those that came.
func (d *delays) add(m moments, from, to time.Time) {
	const most = 900 * time.Millisecond // the next one is then on its way
	for _, sent := range m.sent {
		if !within(time.Unix(0, sent), from, to) {
			continue
		}
		d.Marks++
		i, _ := slices.BinarySearch(m.heard, sent)
		if i < len(m.heard) && time.Duration(m.heard[i]-sent) < most {
			d.Took = append(d.Took, time.Duration(m.heard[i]-sent))
		}
	}
}

// answers are what test/peers/talkers says.
type answers struct {
	browsers
	Marks []struct{ Sent, Heard []int64 } `json:"marks"`
}

func (c chatter) run(ctx context.Context) (t talked, err error) {
	t = talked{Contender: "callcast", Way: c.way.name, Talks: c.talks}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%d talks, %s: %w", c.talks, c.way.name, err)
		}
	}()
	if err := os.Mkdir(c.dir, 0o700); err != nil {
		return t, err
	}
	phones, err := newPhones(c.talks, c.voices)
	if err != nil {
		return t, err
	}
	g := &callcast{binary: c.gateway, dir: c.dir}
	defer func() { err = errors.Join(err, g.close(), stopAll(phones)) }()
	if err := g.open(ctx, nil); err != nil {
		return t, err
	}
	if err := pause(ctx, warmUp); err != nil {
		return t, err
	}
	if err := t.Idle.observe(ctx, g, c.window); err != nil {
		return t, err
	}
	if err := c.gather(ctx, g, phones, &t); err != nil {
		return t, g.process.failure(err)
	}
	return t, c.listen(ctx, phones, &t)
}

// gather brings telephones and browsers together and measures.
func (c chatter) gather(ctx context.Context, g *callcast, phones []*phone, t *talked) (err error) {
	address, callee := g.sdk, g.callee.uri("talk-%d")
	for i, p := range phones {
		name := fmt.Sprint("talk-", i)
		if c.way.talk {
			g.callee.expect(name, p)
		} else if err := g.call(ctx, name, p, map[string]any{"hasVideo": false}); err != nil {
			return err
		}
	}
	if !c.way.talk {
		address = g.whep("talk-%d")
	}
	talkers, err := summon(ctx, new(answers), c.talkers, c.way.codec, address, callee, fmt.Sprint(c.talks), c.voiceDir)
	if err != nil {
		return fmt.Errorf("bring the talkers in: %w", err)
	}
	defer func() { err = errors.Join(err, talkers.leave()) }()
	if err := pause(ctx, 2*warmUp); err != nil {
		return err
	}
	var before, after answers
	if err := talkers.ask(&before); err != nil {
		return err
	}
	phonesBefore := states(phones)
	if err := t.Busy.observe(ctx, g, c.window); err != nil {
		return err
	}
	if err := talkers.ask(&after); err != nil {
		return err
	}
	phonesAfter := states(phones)
	t.Browsers = after.since(before.browsers)
	t.count(phonesBefore, phonesAfter)
	if err := pause(ctx, settle); err != nil {
		return err
	}
	if err := talkers.ask(&after); err != nil {
		return err
	}
	t.measure(states(phones), after)
	return nil
}

// count sums up what the phones got in the window.
func (t *talked) count(before, after []heard) {
	for i, a := range after {
		b := before[i]
		t.Phones.Sent += int64(a.sent - b.sent)
		t.Phones.Received += int64(a.received - b.received)
		t.Phones.Missing += int64(a.missing - b.missing)
		if i%markEvery != 0 {
			t.Silent += a.silent - b.silent
		}
	}
}

// measure matches the marks.
func (t *talked) measure(phones []heard, browsers answers) {
	for i, marks := range browsers.Marks {
		p := phones[i*markEvery]
		t.ToBrowser.add(moments{p.said.at, marks.Heard}, t.Busy.from, t.Busy.to)
		t.ToPhone.add(moments{marks.Sent, p.came.at}, t.Busy.from, t.Busy.to)
	}
}

// listen checks that what is heard is what was said. The browsers have left.
func (c chatter) listen(ctx context.Context, phones []*phone, t *talked) error {
	sound, err := decode(ctx, filepath.Join(c.voiceDir, "heard."+c.way.file))
	if err != nil {
		return err
	}
	t.AtBrowser = humShare(sound, phonePitch)
	if err := understood("browser", t.AtBrowser); err != nil || !c.way.talk {
		return err
	}
	path := filepath.Join(c.dir, "phone.alaw")
	if err := os.WriteFile(path, phones[recorded].state().sound, 0o600); err != nil {
		return err
	}
	if sound, err = decode(ctx, path); err != nil {
		return err
	}
	t.AtPhone = humShare(sound, browserPitch)
	return understood("telephone", t.AtPhone)
}

func understood(who string, share float64) error {
	const least = 0.5
	if share < least {
		return fmt.Errorf("what the %s hears is not what was said: %.2f of it is", who, share)
	}
	return nil
}

func newPhones(n int, v voices) (phones []*phone, err error) {
	for i := range n {
		says := v.voice
		if i%markEvery == 0 {
			says = v.marks
		}
		p, err := newPhone(says)
		if err != nil {
			return nil, errors.Join(err, stopAll(phones))
		}
		phones = append(phones, p)
	}
	return phones, nil
}

func stopAll(phones []*phone) error {
	var errs []error
	for _, p := range phones {
		errs = append(errs, p.stop())
	}
	return errors.Join(errs...)
}

func states(phones []*phone) []heard {
	all := make([]heard, len(phones))
	for i, p := range phones {
		all[i] = p.state()
	}
	return all
}

// perTalk is the part of a core that one call takes.
func (t talked) perTalk() float64 { return (t.Busy.share() - t.Idle.share()) / float64(t.Talks) }

// rows is what a chatter came to beside what another did.
func (t talked) rows(theirs talked) string {
	var b strings.Builder
	milliseconds := func(d delays, q float64) string {
		if len(d.Took) == 0 {
			return "-"
		}
		slices.Sort(d.Took)
		return fmt.Sprintf("%.1f ms", float64(quantile(d.Took, q))/float64(time.Millisecond))
	}
	fmt.Fprintf(&b, "%-30s %14s %14s\n", fmt.Sprintf("%s, %s", t.Way, t.Busy.Window.Round(time.Second)),
		fmt.Sprint(t.Talks, " callcast"), fmt.Sprint(theirs.Talks, " ffmpeg"))
	for _, row := range []struct {
		name  string
		value func(talked) string
	}{
		{"CPU per call", func(t talked) string { return fmt.Sprintf("%.3f %%", 100*t.perTalk()) }},
		{"CPU, all", func(t talked) string { return fmt.Sprintf("%.1f %%", 100*t.Busy.share()) }},
		{"  without calls", func(t talked) string { return fmt.Sprintf("%.1f %%", 100*t.Idle.share()) }},
		{"memory per call", func(t talked) string {
			return fmt.Sprintf("%.0f kB", float64(t.Busy.Busy.RSS-t.Idle.Busy.RSS)/float64(t.Talks)/1024)
		}},
		{"phones: sent", func(t talked) string { return fmt.Sprint(t.Phones.Sent) }},
		{"  received", func(t talked) string { return fmt.Sprint(t.Phones.Received) }},
		{"  missing", func(t talked) string { return fmt.Sprint(t.Phones.Missing) }},
		{"  silence in place of sound", func(t talked) string { return fmt.Sprint(t.Silent) }},
		{"browsers: sent", func(t talked) string { return fmt.Sprint(t.Browsers.Sent) }},
		{"  received", func(t talked) string { return fmt.Sprint(t.Browsers.Received) }},
		{"  missing", func(t talked) string { return fmt.Sprint(t.Browsers.Missing) }},
		{"delay phone to browser, median", func(t talked) string { return milliseconds(t.ToBrowser, 0.5) }},
		{"  95 %", func(t talked) string { return milliseconds(t.ToBrowser, 0.95) }},
		{"delay browser to phone, median", func(t talked) string { return milliseconds(t.ToPhone, 0.5) }},
		{"  95 %", func(t talked) string { return milliseconds(t.ToPhone, 0.95) }},
		{"marks sent, heard", func(t talked) string {
			return fmt.Sprintf("%d, %d", t.ToBrowser.Marks+t.ToPhone.Marks, len(t.ToBrowser.Took)+len(t.ToPhone.Took))
		}},
		{"voice at browser, at phone", func(t talked) string { return fmt.Sprintf("%.2f, %.2f", t.AtBrowser, t.AtPhone) }},
		{"load of the machine", func(t talked) string { return fmt.Sprintf("%.1f", t.Busy.Load) }},
	} {
		fmt.Fprintf(&b, "%-30s %14s %14s\n", row.name, row.value(t), row.value(theirs))
	}
	fmt.Fprintf(&b, "%-30s %14.3f\n\n", "CPU per call, ratio", t.perTalk()/theirs.perTalk())
	return b.String()
}

// benchTalks measures each way of talking beside ffmpeg.
func benchTalks(ctx context.Context, dir string, sizes []int, window time.Duration) error {
	if slices.Min(sizes) <= recorded {
		return fmt.Errorf("-talks %d: give %d or more: the first marks, another one is listened to", slices.Min(sizes), recorded+1)
	}
	gateway, err := buildCallcast(ctx, dir)
	if err != nil {
		return err
	}
	talkers, err := buildGuests(ctx, dir, "talkers")
	if err != nil {
		return err
	}
	voiceDir := filepath.Join(dir, "voices")
	if err := os.Mkdir(voiceDir, 0o700); err != nil {
		return err
	}
	v, err := makeVoices(ctx, voiceDir)
	if err != nil {
		return err
	}
	var all []talked
	for _, n := range sizes {
		for _, w := range ways() {
			c := chatter{
				way: w, gateway: gateway, talkers: talkers, talks: n, window: window, voices: v,
				voiceDir: voiceDir, dir: filepath.Join(dir, fmt.Sprint(w.name, n)),
			}
			ours, err := c.run(ctx)
			if err != nil {
				return err
			}
			theirs, err := c.converters(ctx)
			if err != nil {
				return err
			}
			fmt.Print(ours.rows(theirs))
			all = append(all, ours, theirs)
		}
	}
	return save(talksPath, all)
}
