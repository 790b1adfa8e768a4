package gateway

import (
	"fmt"
	"slices"
	"strings"
)

// Codecs of calls, as snapshots and lists name them: by their RTP encoding names, with the clock where one name has two.
const (
	CodecPCMA    = "PCMA"
	CodecPCMU    = "PCMU"
	CodecG722    = "G722"
	CodecOpus    = "opus"
	CodecSpeex   = "speex" // 8 kHz
	CodecSpeex16 = "speex/16000"
	CodecG729    = "G729"
	CodecH264    = "H264"
	CodecVP8     = "VP8"
)

// ParseCodecs reads a list of codecs in order of preference, parted by commas. Names may be written in any case, and as
// WCS does: alaw, ulaw, speex16. An empty list has none. Field is what errors name.
func ParseCodecs(field, list string) ([]string, *Error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	var names []string
	sound := false
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		name := codecName(strings.ToLower(word))
		switch {
		case name == "":
			return nil, Invalid(ReasonChoice, field, word, fmt.Sprintf("use %s, parted by commas.", strings.Join(codecChoice(), ", ")))
		case name == CodecG729 && !hasG729:
			return nil, Invalid(ReasonChoice, field, word, "this build has no G.729: leave it out of the list, or install one that was built with the tag g729.")
		}
		sound = sound || name != CodecH264 && name != CodecVP8
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if !sound {
		return nil, Invalid(ReasonChoice, field, list, "calls need a codec for sound: add PCMA or another.")
	}
	return names, nil
}

// codecName is the codec that a word in lower case means; empty if it means none.
func codecName(word string) string {
	switch word {
	case "pcma", "alaw":
		return CodecPCMA
	case "pcmu", "ulaw":
		return CodecPCMU
	case "g722":
		return CodecG722
	case "opus":
		return CodecOpus
	case "speex", "speex8", "speex/8000":
		return CodecSpeex
	case "speex16", "speex/16000":
		return CodecSpeex16
	case "g729":
		return CodecG729
	case "h264":
		return CodecH264
	case "vp8":
		return CodecVP8
	default:
		return ""
	}
}

// codecChoice is what a list may hold in this build.
func codecChoice() []string {
	all := []string{CodecPCMA, CodecPCMU, CodecG722, CodecOpus, CodecSpeex, CodecSpeex16}
	if hasG729 {
		all = append(all, CodecG729)
	}
	return append(all, CodecH264, CodecVP8)
}
