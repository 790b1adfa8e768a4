package rest

import (
	"strings"
	"time"

	"callcast/gateway"
)

// namePrefix is what WCS puts before the name of a stream it pushes, unless it is configured otherwise. Its pages do
// the same when they look for their push.
const namePrefix = "rtmp_"

// push is the push object of WCS, with the state of the push that WCS keeps to itself.
type push struct {
	MediaSessionID   string      `json:"mediaSessionId"`
	StreamName       string      `json:"streamName"`
	RTMPURL          string      `json:"rtmpUrl"`
	Width            int         `json:"width"`
	Height           int         `json:"height"`
	Muted            bool        `json:"muted"`
	SoundEnabled     bool        `json:"soundEnabled"`
	Options          pushOptions `json:"options"`
	RTMPStreamStatus string      `json:"rtmpStreamStatus"`
	RTMPProblem      *string     `json:"rtmpProblem"`
}

// pushOptions is the action that is in force: "mute", "sound_on" with the file, or none.
type pushOptions struct {
	Action    string `json:"action,omitempty"`
	SoundFile string `json:"soundFile,omitempty"`
	Loop      bool   `json:"loop,omitempty"`
}

func pushOf(p gateway.Push) push {
	return push{
		MediaSessionID: p.ID, StreamName: prefixedName(p), RTMPURL: p.URL.Reveal(), Width: p.Width, Height: p.Height,
		Muted: p.Muted, SoundEnabled: p.Sound.File != "", Options: optionsOf(p),
		RTMPStreamStatus: string(p.Status), RTMPProblem: nullable(p.Problem),
	}
}

// prefixedName is the name a push is published under, except where that is the key of a full URL.
func prefixedName(p gateway.Push) string {
	if name := p.Name.Reveal(); strings.HasSuffix(name, p.Stream) {
		return name
	}
	return namePrefix + p.Stream
}

func optionsOf(p gateway.Push) pushOptions {
	switch {
	case p.Sound.File != "":
		return pushOptions{Action: "sound_on", SoundFile: p.Sound.File, Loop: p.Sound.Loop}
	case p.Muted:
		return pushOptions{Action: "mute"}
	}
	return pushOptions{}
}

// livePush is a push as event streams tell it: its key and what else is secret it keeps to itself.
type livePush struct {
	ID        string     `json:"id"`
	Stream    string     `json:"stream"`
	Target    string     `json:"target"`
	Status    string     `json:"status"`
	Problem   *string    `json:"problem"`
	Width     int        `json:"width"`
	Height    int        `json:"height"`
	Muted     bool       `json:"muted"`
	SoundFile *string    `json:"soundFile"`
	Loop      bool       `json:"loop"`
	Bytes     uint64     `json:"bytes"`
	Dropped   uint64     `json:"dropped"`
	CreatedAt *time.Time `json:"createdAt"`
}

func livePushOf(p gateway.Push) *livePush {
	return &livePush{
		ID: p.ID, Stream: p.Stream, Target: p.Target, Status: string(p.Status), Problem: nullable(p.Problem),
		Width: p.Width, Height: p.Height, Muted: p.Muted, SoundFile: nullable(p.Sound.File), Loop: p.Sound.Loop,
		Bytes: p.Bytes, Dropped: p.Dropped, CreatedAt: moment(p.Created),
	}
}
