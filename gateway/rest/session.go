package rest

import (
	"time"

	"callcast/gateway"
)

// session is a browser that plays or publishes, as event streams tell it.
type session struct {
	ID        string     `json:"id"`
	Stream    string     `json:"stream"`
	Published bool       `json:"published"`
	Status    string     `json:"status"`
	Info      *string    `json:"info"`
	HasAudio  bool       `json:"hasAudio"`
	HasVideo  bool       `json:"hasVideo"`
	Width     int        `json:"width"`
	Height    int        `json:"height"`
	Bytes     uint64     `json:"bytes"`
	Viewer    *viewer    `json:"viewer"`
	CreatedAt *time.Time `json:"createdAt"`
}

func sessionOf(m gateway.MediaSession) *session {
	s := &session{
		ID: m.ID, Stream: m.Stream, Published: m.Published, Status: string(m.Status), Info: nullable(string(m.Info)),
		HasAudio: m.HasAudio, HasVideo: m.HasVideo, Width: m.Width, Height: m.Height, Bytes: m.Bytes, CreatedAt: moment(m.Created),
	}
	if !m.Published {
		s.Viewer = viewerOf(m.Viewer)
	}
	return s
}

// viewer is what a browser says of what it gets.
type viewer struct {
	State       string  `json:"state"`
	Remote      *string `json:"remote"`
	LossPercent float64 `json:"lossPercent"`
	RTTMS       float64 `json:"rttMs"`
	NACKs       uint64  `json:"nacks"`
	Resent      uint64  `json:"resent"`
	KeyRequests uint64  `json:"keyRequests"`
}

func viewerOf(v gateway.ViewerStats) *viewer {
	return &viewer{
		State: string(v.State), Remote: nullable(v.Remote), LossPercent: v.LossPercent, RTTMS: v.RTTMS,
		NACKs: v.NACKs, Resent: v.Resent, KeyRequests: v.KeyRequests,
	}
}
