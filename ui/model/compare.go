package model

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
)

// Pair is a line of an offer beside the one of the answer that speaks of the same.
type Pair struct {
	Offer, Answer string
	Words         string // what became of it, where that can be told
	Tone          Tone
}

// Compare puts an answer beside its offer and says what was taken and what was refused. refused is what is known of why.
func Compare(e Exchange, refused []gateway.MediaLine) []Pair {
	offer, answer := sections(e.Offer), sections(e.Answer)
	var pairs []Pair
	for i := range max(len(offer), len(answer)) {
		var o, a section
		if i < len(offer) {
			o = offer[i]
		}
		if i < len(answer) {
			a = answer[i]
		}
		pairs = append(pairs, compareSections(o, a, e.Answer != "", refused)...)
	}
	if e.Answer == "" && len(pairs) > 0 {
		pairs[0].Words = lang.L("not answered")
	}
	return pairs
}

// maxLines is how much of a session description is compared; telephones need a quarter of it.
const maxLines = 300

// section is the head of a session description, or one of its m-lines with all that follows it.
type section struct {
	lines    []string
	subjects []string // what each line speaks of
}

func sections(description string) []section {
	var all []section
	read := 0
	for line := range strings.Lines(description) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(all) == 0 || strings.HasPrefix(line, "m=") {
			all = append(all, section{})
		}
		last := &all[len(all)-1]
		last.lines = append(last.lines, line)
		if read++; read == maxLines {
			break
		}
	}
	for i := range all {
		all[i].read()
	}
	return all
}

// read finds out what the lines speak of.
func (s *section) read() {
	codecs := map[string]string{}
	for _, line := range s.lines {
		if strings.HasPrefix(line, "a=rtpmap:") {
			codecs[payloadOf(line)] = codecOf(line)
		}
	}
	for _, line := range s.lines {
		s.subjects = append(s.subjects, subject(line, codecs))
	}
}

func compareSections(o, a section, answered bool, refused []gateway.MediaLine) []Pair {
	var pairs []Pair
	used := make([]bool, len(a.lines))
	for l, line := range o.lines {
		p := Pair{Offer: line}
		if i := partner(o, a, l, used); i >= 0 {
			used[i] = true
			p.Answer = a.lines[i]
		}
		if answered {
			p.judge(o, a, refused)
		}
		pairs = append(pairs, p)
	}
	for i, line := range a.lines {
		if !used[i] {
			pairs = append(pairs, Pair{Answer: line})
		}
	}
	return pairs
}

// partner finds the line of an answer that speaks of the same as one of its offer, or -1. Payload types may differ, what
// counts is the codec; but a codec that is offered in several ways is answered under the payload type of one of them.
func partner(o, a section, line int, used []bool) int {
	want := o.subjects[line]
	found := -1
	for i, other := range a.lines {
		switch {
		case used[i] || a.subjects[i] != want:
		case payloadOf(other) == payloadOf(o.lines[line]):
			return i
		case found < 0 && !o.speaksOf(want, payloadOf(other)):
			found = i
		}
	}
	return found
}

// speaksOf tells whether a line is about this subject under this payload type.
func (s section) speaksOf(subject, payload string) bool {
	for i, line := range s.lines {
		if s.subjects[i] == subject && payloadOf(line) == payload {
			return true
		}
	}
	return false
}

// payloadOf is the payload type that a line is about, empty if it is about none.
func payloadOf(line string) string {
	for _, key := range []string{"a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"} {
		if value, ok := strings.CutPrefix(line, key); ok {
			payload, _, _ := strings.Cut(value, " ")
			return payload
		}
	}
	return ""
}

// subject is what a line speaks of: its codec, or its key.
func subject(line string, codecs map[string]string) string {
	key, _, _ := strings.Cut(line, ":")
	switch key {
	case "a=rtpmap", "a=fmtp", "a=rtcp-fb":
		payload := payloadOf(line)
		if codec, ok := codecs[payload]; ok {
			return key + " " + codec
		}
		return key + " " + payload
	case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
		return "a=direction"
	}
	if strings.HasPrefix(line, "a=") {
		return key
	}
	return line[:min(2, len(line))]
}

// codecOf is the codec of an rtpmap: its name and clock, without what is usual.
func codecOf(line string) string {
	_, codec, _ := strings.Cut(line, " ")
	return strings.TrimSuffix(strings.ToLower(codec), "/1")
}

// judge says what became of a line of the offer.
func (p *Pair) judge(o, a section, refused []gateway.MediaLine) {
	switch {
	case strings.HasPrefix(p.Offer, "m="):
		p.judgeMedia(a, refused)
	case a.off():
	case strings.HasPrefix(p.Offer, "a=rtpmap:"):
		p.judgeCodec(p.Answer != "", codecName(p.Offer), o.kind(), refused)
	case strings.HasPrefix(p.Offer, "a=crypto:"):
		if p.Answer != "" {
			p.Words, p.Tone = lang.L("taken: the media is encrypted"), ToneGood
		} else {
			p.Words, p.Tone = lang.L("not taken"), ToneIdle
		}
	}
}

func (p *Pair) judgeMedia(a section, refused []gateway.MediaLine) {
	kind := kindOf(p.Offer)
	if !a.off() {
		p.Words, p.Tone = lang.L("taken"), ToneGood
		return
	}
	p.Words, p.Tone = lang.L("refused"), ToneBad
	if i := slices.IndexFunc(refused, func(m gateway.MediaLine) bool { return m.Kind == kind }); i >= 0 {
		p.Words = lang.L("refused: {{.Why}}", map[string]any{"Why": Refusal(refused[i])})
	}
}

// judgeCodec takes the reason that names the codec, if there is one.
func (p *Pair) judgeCodec(taken bool, name, kind string, refused []gateway.MediaLine) {
	if taken {
		p.Words, p.Tone = lang.L("taken"), ToneGood
		return
	}
	p.Words, p.Tone = lang.L("refused: not in the answer"), ToneWaiting
	for _, m := range refused {
		if m.Kind == kind && speaksOf(m, name) {
			p.Words = lang.L("refused: {{.Why}}", map[string]any{"Why": Refusal(m)})
			return
		}
	}
}

// speaksOf tells whether a reason is about a codec, which it may name with its clock.
func speaksOf(m gateway.MediaLine, codec string) bool {
	return slices.ContainsFunc(slices.Concat(m.Theirs, m.Ours), func(named string) bool {
		named, _, _ = strings.Cut(named, "/")
		return strings.EqualFold(named, codec)
	})
}

func codecName(line string) string {
	_, codec, _ := strings.Cut(line, " ")
	name, _, _ := strings.Cut(codec, "/")
	return name
}

// kind is what a section is about: audio or video.
func (s section) kind() string {
	if len(s.lines) == 0 {
		return ""
	}
	return kindOf(s.lines[0])
}

// kindOf is what an m-line is about.
func kindOf(line string) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(line, "m="), " ")
	return kind
}

// off tells whether an m-line of an answer refuses that of the offer, with port 0 or by being none.
func (s section) off() bool {
	if len(s.lines) == 0 {
		return true
	}
	fields := strings.Fields(s.lines[0])
	return strings.HasPrefix(s.lines[0], "m=") && len(fields) > 1 && fields[1] == "0"
}
