package screen

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	consoletheme "callcast/ui/theme"
	"callcast/ui/widgets"
)

// none stands where there is nothing to say.
const none = "–"

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}

// lasted is how long a call has been up, or was, or how long it has been trying.
func lasted(c gateway.Call, now time.Time) string {
	from, to := c.Established, c.Ended
	if from.IsZero() {
		from = c.Created
	}
	if to.IsZero() {
		to = now
	}
	return clock(to.Sub(from))
}

func clock(d time.Duration) string {
	s := int(max(0, d).Seconds())
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

func codecs(video, audio gateway.MediaStats) string {
	var names []string
	for _, name := range []string{video.Codec, audio.Codec} {
		if name != "" {
			names = append(names, name)
		}
	}
	return orNone(strings.Join(names, " + "))
}

func resolution(m gateway.MediaStats) string {
	if m.Width == 0 {
		return none
	}
	return fmt.Sprintf("%d×%d", m.Width, m.Height)
}

func fps(m gateway.MediaStats) string {
	if m.FPS == 0 {
		return none
	}
	return fmt.Sprintf("%.0f", m.FPS)
}

func bitrate(bitsPerSec int) string {
	switch {
	case bitsPerSec == 0:
		return none
	case bitsPerSec < 1_000_000:
		return lang.L("{{.N}} kbit/s", map[string]any{"N": fmt.Sprintf("%.0f", float64(bitsPerSec)/1e3)})
	default:
		return lang.L("{{.N}} Mbit/s", map[string]any{"N": fmt.Sprintf("%.1f", float64(bitsPerSec)/1e6)})
	}
}

func loss(video, audio gateway.MediaStats) string {
	if video.Codec == "" && audio.Codec == "" {
		return none
	}
	return fmt.Sprintf("%.1f%%", max(video.LossPercent, audio.LossPercent))
}

func jitter(video, audio gateway.MediaStats) string {
	if video.Codec == "" && audio.Codec == "" {
		return none
	}
	return lang.L("{{.N}} ms", map[string]any{"N": fmt.Sprintf("%.0f", max(video.JitterMS, audio.JitterMS))})
}

func sipStatus(status int) string {
	if status == 0 {
		return none
	}
	return fmt.Sprint(status)
}

// importance is how a widget colours its text for a tone.
func importance(t model.Tone) widget.Importance {
	switch t {
	case model.ToneGood:
		return widget.SuccessImportance
	case model.ToneWaiting:
		return widget.WarningImportance
	case model.ToneBad:
		return widget.DangerImportance
	default:
		return widget.MediumImportance
	}
}

// plate is how a badge is coloured for a tone: the plate, and the word on it.
func plate(t model.Tone) (fill, word fyne.ThemeColorName) {
	switch t {
	case model.ToneGood:
		return theme.ColorNameSuccess, theme.ColorNameForegroundOnSuccess
	case model.ToneWaiting:
		return theme.ColorNameWarning, theme.ColorNameForegroundOnWarning
	case model.ToneBad:
		return theme.ColorNameError, theme.ColorNameForegroundOnError
	default:
		return consoletheme.ColorNameIdle, theme.ColorNameForeground
	}
}

func cell(text string) widgets.Cell { return widgets.Cell{Text: text} }

func lampCell(l model.Lamp) widgets.Cell {
	return widgets.Cell{Text: orNone(l.Text), Tone: importance(l.Tone)}
}
