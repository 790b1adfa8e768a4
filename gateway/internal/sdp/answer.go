package sdp

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/media"
)

// ParseAnswer reads the other side's answer to an offer made here. It fails only if there is nothing to read; a refused
// stream is told in the Answer.
func ParseAnswer(offer, answer []byte) (Answer, error) {
	ours, err := parse(offer)
	if err != nil {
		return Answer{}, fmt.Errorf("own offer: %w", err)
	}
	theirs, err := parse(answer)
	if err != nil {
		return Answer{}, err
	}
	var a Answer
	taken := make([]bool, len(theirs.lines))
	for i, l := range ours.lines {
		n := theirs.match(i, l.kind, taken)
		if n < 0 {
			a.refuse(l.kind, because(gateway.LineAbsent, "it is not in the answer"))
			continue
		}
		taken[n] = true
		offered, _, _ := l.payloads(nil)
		t := termsOf(l)
		t.ip, t.codecs = ours.ip(l), codecsOf(offered)
		a.take(theirs, theirs.lines[n], ours.direction(l), t)
		a.missing(l.kind, offered)
	}
	return a, nil
}

// match finds the line that answers line i: that in the same place, or the next of its kind where the order was not kept.
func (d *description) match(i int, kind string, taken []bool) int {
	if i < len(d.lines) && !taken[i] && d.lines[i].kind == kind {
		return i
	}
	return slices.IndexFunc(d.lines, func(l *line) bool {
		return l.kind == kind && !taken[slices.Index(d.lines, l)]
	})
}

// take agrees to a line of the other side within what this side can do.
func (a *Answer) take(d *description, l *line, can Direction, t terms) bool {
	m, why := d.agree(l, can, t)
	switch {
	case why != nil:
		a.refuse(l.kind, why)
		return false
	case l.kind == audio:
		a.Audio = m
	default:
		a.Video = m
	}
	a.compare(l.kind, m.RTP.Addr(), t.ip.Unmap())
	return true
}

// agreed is what came about for a kind of media; nil if nothing did.
func (a *Answer) agreed(kind string) *Media {
	if kind == video {
		return a.Video
	}
	return a.Audio
}

// missing notes which codecs of an offer the other side did not take.
func (a *Answer) missing(kind string, offered []Payload) {
	m := a.agreed(kind)
	if m == nil {
		return
	}
	taken := codecsOf(m.Payloads)
	left := slices.DeleteFunc(codecsOf(offered), func(c media.Codec) bool { return slices.Contains(taken, c) })
	a.unused(kind, gateway.MediaLine{Reason: gateway.LineNotTaken, Ours: names(left), Why: "not taken by the other side"})
}

// codecsOf is the codecs of payload types, each once.
func codecsOf(payloads []Payload) []media.Codec {
	var all []media.Codec
	for _, p := range payloads {
		if !slices.Contains(all, p.Codec) {
			all = append(all, p.Codec)
		}
	}
	return all
}

func (d *description) agree(l *line, can Direction, t terms) (*Media, refusal) {
	if l.port == 0 {
		return nil, because(gateway.LineDeclined, "refused by the other side (port 0)")
	}
	crypto, why := l.crypto(t)
	if why != nil {
		return nil, why
	}
	rtp, rtcp, why := d.addresses(l)
	if why != nil {
		return nil, why
	}
	payloads, dtmf, unknown := l.payloads(t.codecs)
	if len(payloads) == 0 {
		return nil, unmatched(unknown, names(t.codecs))
	}
	if !rtp.IsValid() {
		can.Send = false
	}
	return &Media{
		RTP: rtp, RTCP: rtcp, Payloads: payloads, DTMF: dtmf,
		Direction: d.direction(l).reverse().and(can),
		Feedback:  l.feedback(), Crypto: crypto, PTime: l.ptime(),
	}, nil
}

func names(codecs []media.Codec) []string {
	text := make([]string, len(codecs))
	for i, c := range codecs {
		text[i] = string(c)
	}
	return text
}

func (l *line) ptime() time.Duration {
	value, _ := l.value("ptime")
	ms, err := strconv.ParseUint(value, 10, 8)
	if err != nil {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

// AnswerTo answers an offer of the other side (RFC 3264 section 6): each of its lines in its place. The first audio and
// the first video line are taken if local has a port for them, all others are refused. Of the codecs that local has the
// other side's order is kept, as section 6.1 recommends: it knows best what costs it least.
func AnswerTo(offer []byte, local OfferParams) ([]byte, Answer, error) {
	theirs, err := parse(offer)
	if err != nil {
		return nil, Answer{}, err
	}
	var a Answer
	var b bytes.Buffer
	writeSession(&b, local)
	used := map[string]bool{}
	for _, l := range theirs.lines {
		m, supported := local.offerOf(l.kind)
		switch {
		case !supported:
			a.refuse(l.kind, because(gateway.LineKind, "this kind of media is not supported"))
		case used[l.kind]:
			a.refuse(l.kind, because(gateway.LineSecond, "a second stream of this kind is not supported"))
		case m.Port == 0:
			a.refuse(l.kind, because(gateway.LineNoPort, "it has no port here"))
		case len(m.Codecs) == 0:
			a.refuse(l.kind, because(gateway.LineNoCodecs, "the list of codecs has none for it"))
		case a.take(theirs, l, m.direction(), local.terms(m)):
			_, _, unknown := l.payloads(m.Codecs)
			a.unused(l.kind, gateway.MediaLine{Reason: gateway.LineNotListed, Theirs: unknown, Why: "not in the list of codecs"})
			used[l.kind] = true
			a.writeLine(&b, local, l, m)
			continue
		}
		fmt.Fprintf(&b, "m=%s 0 %s %s\r\n", l.kind, l.proto, strings.Join(l.formats, " "))
	}
	return b.Bytes(), a, nil
}

func (p OfferParams) offerOf(kind string) (m MediaOffer, supported bool) {
	switch kind {
	case audio:
		return p.Audio, true
	case video:
		return p.Video, true
	}
	return MediaOffer{}, false
}

// writeLine writes the answer to a line that was taken and narrows what was agreed to it.
func (a *Answer) writeLine(b *bytes.Buffer, local OfferParams, l *line, m MediaOffer) {
	agreed := a.agreed(l.kind)
	if l.kind == video {
		agreed.Payloads = []Payload{preferred(agreed.Payloads)}
	}
	listed := slices.Clone(agreed.Payloads)
	if agreed.DTMF != nil {
		listed = append(listed, *agreed.DTMF)
	}
	writeMedia(b, l.kind, m.Port, l.proto, listed)
	writeConnection(b, local.ip(m))
	for _, p := range agreed.Payloads {
		if l.kind == video {
			writeVideoFormat(b, p, l.profile(p.Type))
			continue
		}
		writeAudioFormat(b, p)
	}
	if agreed.DTMF != nil {
		writeDTMF(b, *agreed.DTMF)
	}
	if l.kind == audio {
		b.WriteString("a=ptime:20\r\n")
	} else if agreed.Feedback.Named || strings.HasSuffix(l.proto, "AVPF") {
		writeFeedback(b)
	}
	writeTransport(b, local, m, agreed.Direction)
	if c := agreed.Crypto; c != nil {
		writeKeys(b, Key{Tag: c.Tag, Suite: c.Suite, Secret: c.Send})
	}
}

// preferred is the codec that the other side prefers; if it is H.264, the payload type that may fragment.
func preferred(payloads []Payload) Payload {
	first := payloads[0]
	for _, p := range payloads {
		if p.Codec == first.Codec && p.PacketizationMode == 1 {
			return p
		}
	}
	return first
}

// profile repeats the offered profile, as an answer has to (RFC 6184 section 8.2.2).
func (l *line) profile(pt uint8) string {
	value, ok := parameter(l.perFormat("fmtp", strconv.Itoa(int(pt))), "profile-level-id")
	if raw, err := hex.DecodeString(value); !ok || err != nil || len(raw) != 3 {
		return offeredH264
	}
	return "profile-level-id=" + value
}
