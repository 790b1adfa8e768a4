package screen

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/widgets"
)

// showDetails shows what becomes of a stream, nothing if it is nil.
func (s *Streams) showDetails(stream *gateway.Stream) {
	if stream == nil {
		stream = &gateway.Stream{}
	}
	s.plan.Set(append(s.sourceItem(*stream), planItems(stream.Tracks)...))
	s.sinks.Set(append(s.injectionItems(stream.Name), sinkItems(stream.Sinks)...))
	s.pushes.Set(append(s.ownPush(*stream), s.pushItems(stream.Name)...))
}

// sourceItem says where a stream comes from, and what keeps it from coming.
func (s *Streams) sourceItem(stream gateway.Stream) []widgets.Item {
	if stream.Name == "" {
		return nil
	}
	item := widgets.Item{Key: "source", State: lang.L("Source"), Text: source(stream.Source, origin(s.model, stream))}
	if pull := s.model.Selected().Pull; pull != nil {
		item.Problem = pull.Problem
	}
	return []widgets.Item{item}
}

// planShort is the plan where there is little room.
func planShort(tracks []gateway.Track) string {
	if len(tracks) == 0 {
		return none
	}
	var made []string
	var cpu float64
	for _, t := range tracks {
		if t.From != "" {
			made = append(made, t.Codec)
			cpu += t.CPUPercent
		}
	}
	if len(made) == 0 {
		return lang.L("copied")
	}
	return lang.L("{{.Codecs}}, {{.CPU}} CPU", map[string]any{"Codecs": strings.Join(made, ", "), "CPU": percent(cpu)})
}

func planItems(tracks []gateway.Track) []widgets.Item {
	var items []widgets.Item
	for i, t := range tracks {
		item := widgets.Item{Key: strconv.Itoa(i), State: line(model.Kind(t.Kind), lang.L("{{.Codec}} copied", map[string]any{"Codec": t.Codec}))}
		words := []string{readers(t.Readers)}
		if t.From != "" {
			item.State = line(model.Kind(t.Kind), madeFrom(t))
			words = append(words, lang.L("{{.CPU}} of a core", map[string]any{"CPU": percent(t.CPUPercent)}))
		}
		item.Text = strings.Join(words, " · ")
		if t.Why != "" {
			item.Text += "\n" + t.Why
		}
		items = append(items, item)
	}
	return items
}

// madeFrom says what is made of what, and for whom as far as the codec tells.
func madeFrom(t gateway.Track) string {
	data := map[string]any{"Codec": t.Codec, "From": t.From}
	switch strings.ToLower(t.Codec) {
	case "opus":
		return lang.L("{{.Codec}} made from {{.From}} for browsers", data)
	case "aac":
		return lang.L("{{.Codec}} made from {{.From}} for RTMP", data)
	default:
		return lang.L("{{.Codec}} made from {{.From}}", data)
	}
}

func readers(n int) string { return lang.N("{{.N}} readers", n, map[string]any{"N": n}) }

func percent(p float64) string { return fmt.Sprintf("%.1f%%", p) }

// sinkItems are the readers of a stream but for pushes, which are listed for themselves, and injections.
func sinkItems(sinks []gateway.Sink) []widgets.Item {
	var items []widgets.Item
	for _, sink := range sinks {
		item := widgets.Item{Key: string(sink.Kind) + " " + sink.ID, Problem: sink.Problem}
		switch sink.Kind {
		case gateway.SinkWebRTC:
			lamp := model.ViewerLamp(sink.Viewer.State)
			item.State, item.Tone = line(lang.L("Browser"), lamp.Text), importance(lamp.Tone)
			item.Text = browserFigures(sink)
		case gateway.SinkRTMPPlayer:
			item.State = lang.L("RTMP player")
			item.Text = line(orNone(sink.Target), sent(sink.Bytes, sink.Dropped))
		case gateway.SinkPreview:
			item.State = lang.L("This console")
			item.Text = lang.L("picture and level meter")
		default:
			continue
		}
		items = append(items, item)
	}
	return items
}

func browserFigures(sink gateway.Sink) string {
	v := sink.Viewer
	rtt := none
	if v.RTTMS > 0 {
		rtt = lang.L("round trip {{.N}} ms", map[string]any{"N": fmt.Sprintf("%.0f", v.RTTMS)})
	}
	resent := none
	if v.Resent > 0 {
		resent = lang.L("{{.N}} resent", map[string]any{"N": v.Resent})
	}
	figures := line(lang.L("loss {{.N}}", map[string]any{"N": percent(v.LossPercent)}), rtt, resent)
	if v.Remote == "" {
		return figures
	}
	return v.Remote + "\n" + figures
}

func sent(bytes, dropped uint64) string {
	text := lang.L("{{.N}} MB sent", map[string]any{"N": fmt.Sprintf("%.1f", float64(bytes)/1e6)})
	if dropped > 0 {
		text += " · " + lang.L("{{.N}} dropped", map[string]any{"N": dropped})
	}
	return text
}

// injectionItems are the calls whose remote party is sent the stream.
func (s *Streams) injectionItems(stream string) []widgets.Item {
	if stream == "" { // that is what a call has without an injection
		return nil
	}
	var items []widgets.Item
	for _, c := range s.model.InjectedInto(stream) {
		items = append(items, widgets.Item{
			Key: "injection " + c.ID, State: lang.L("Injected into a call"), Tone: importance(model.ToneGood),
			Text: short(party(c)),
			Buttons: []widgets.ItemButton{{Text: lang.L("End injection"), Do: func() {
				s.model.EndInjection(c.ID, s.refused)
			}}},
		})
	}
	return items
}

// ownPush is the push that a stream's call was started with. It ends with its call.
func (s *Streams) ownPush(stream gateway.Stream) []widgets.Item {
	c, ok := s.model.CallOf(stream)
	if !ok || c.RTMPStatus == "" {
		return nil
	}
	lamp := model.PushLamp(c.RTMPStatus)
	return []widgets.Item{{
		Key: "own", State: line(lamp.Text, lang.L("with the call")), Tone: importance(lamp.Tone), Text: c.RTMPTarget, Problem: c.RTMPProblem,
	}}
}

func (s *Streams) pushItems(stream string) []widgets.Item {
	var items []widgets.Item
	for _, p := range s.model.PushesOf(stream) {
		lamp := model.PushLamp(p.Status)
		mute := lang.L("Mute")
		if p.Muted {
			lamp.Text = line(lamp.Text, lang.L("muted"))
			mute = lang.L("Unmute")
		}
		items = append(items, widgets.Item{
			Key: p.ID, State: lamp.Text, Tone: importance(lamp.Tone), Text: p.Target + "\n" + sent(p.Bytes, p.Dropped), Problem: p.Problem,
			Buttons: []widgets.ItemButton{
				{Text: mute, Do: func() { s.model.MutePush(p.ID, !p.Muted, s.refused) }},
				{Text: lang.L("End push"), Do: func() { s.model.EndPush(p.ID, s.refused) }},
			},
		})
	}
	return items
}
