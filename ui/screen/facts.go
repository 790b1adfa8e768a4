package screen

import (
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
	"callcast/ui/model"
)

// facts are what the monitor says of a selection.
type facts struct {
	title   string
	lamp    model.Lamp
	status  string // in WCS's words, which logs and programs use
	stream  string
	lasted  string
	video   string
	audio   string
	bitrate string
	network string
	push    string
	refused string // what of the session description is not used
	marks   string // who holds, who is muted, who talks
	digits  string // received
	problem string
	calm    bool // the problem is none: it only tells how a call ended

	canHangUp   bool
	canKeyframe bool
	canTalk     bool
	encrypted   bool
	holdWord    string
	muteWord    string
}

func factsOf(s model.Selection, now time.Time) facts {
	f := facts{
		title: lang.L("No call"), lamp: model.Lamp{Text: lang.L("OFF AIR")},
		stream: orNone(s.StreamName()), status: none, lasted: none, video: none, audio: none, bitrate: none, network: none, push: none, refused: none,
		holdWord: lang.L("Hold"), muteWord: lang.L("Mute"),
	}
	if s.Stream != nil {
		f.title = s.Stream.Name
		f.lamp = model.StreamLamp(*s.Stream, s.Pull)
		f.media(s.Stream.Video, s.Stream.Audio)
		f.lasted = clock(now.Sub(s.Stream.Created))
		f.canKeyframe = s.Stream.Live
	}
	if s.Pull != nil && s.Pull.Problem != "" {
		f.problem = lang.L("RTMP: {{.Problem}}", map[string]any{"Problem": s.Pull.Problem})
	}
	if s.Call != nil {
		f.call(*s.Call, now)
	}
	return f
}

func (f *facts) call(c gateway.Call, now time.Time) {
	f.title = party(c)
	f.lamp = model.CallLamp(c)
	f.lasted = lasted(c, now)
	f.media(c.Video, c.Audio)
	f.status = string(c.Status)
	if c.SIPStatus != 0 {
		f.status = line(f.status, "SIP "+strconv.Itoa(c.SIPStatus))
	}
	f.push = orNone(c.RTMPTarget)
	if c.RTMPStatus != "" && !c.Status.Ended() {
		f.push += "\n" + string(c.RTMPStatus)
	}
	f.canHangUp = !c.Status.Ended()
	f.talk(c)
	switch {
	case c.Status.Ended():
		f.problem = model.Why(c)
		f.calm = c.Status == gateway.CallFinish
		f.canKeyframe = false
	case c.Transfer.Status == gateway.TransferFailed:
		f.problem = transferFailed(c.Transfer)
	case c.RTMPProblem != "":
		f.problem = lang.L("RTMP: {{.Problem}}", map[string]any{"Problem": c.RTMPProblem})
	}
}

func (f *facts) media(video, audio gateway.MediaStats) {
	f.video, f.audio, f.network = none, none, none
	f.bitrate = bitrate(video.BitsPerSec + audio.BitsPerSec)
	if video.Codec != "" {
		rate := none
		if video.FPS != 0 {
			rate = lang.L("{{.N}} fps", map[string]any{"N": fps(video)})
		}
		f.video = line(video.Codec, resolution(video), rate)
	}
	if audio.Codec != "" {
		f.audio = audio.Codec
	}
	if video.Codec != "" || audio.Codec != "" {
		f.network = lang.L("loss {{.Loss}}, jitter {{.Jitter}}",
			map[string]any{"Loss": loss(video, audio), "Jitter": jitter(video, audio)})
	}
}

// line joins what is known.
func line(parts ...string) string {
	var known []string
	for _, p := range parts {
		if p != none {
			known = append(known, p)
		}
	}
	return strings.Join(known, " · ")
}
