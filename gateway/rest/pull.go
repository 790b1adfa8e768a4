package rest

import (
	"time"

	"callcast/gateway"
)

// pull is what WCS tells of a stream that it fetches, with the reason why nothing arrives.
type pull struct {
	LocalMediaSessionID  string  `json:"localMediaSessionId"`
	RemoteMediaSessionID *string `json:"remoteMediaSessionId"`
	LocalStreamName      string  `json:"localStreamName"`
	RemoteStreamName     *string `json:"remoteStreamName"`
	URI                  string  `json:"uri"`
	Status               string  `json:"status"`
	HasAudio             bool    `json:"hasAudio"`
	HasVideo             bool    `json:"hasVideo"`
	Record               bool    `json:"record"`
	Problem              *string `json:"problem"`
}

// pullOf shows the URI without credentials; pages recognise theirs by it, and theirs have none.
func pullOf(p gateway.Pull, streams []gateway.Stream) pull {
	shown := pull{
		LocalMediaSessionID: p.ID, LocalStreamName: p.Stream, URI: p.Shown, Status: string(p.Status),
		Problem: nullable(p.Problem),
	}
	for _, s := range streams {
		if s.Name == p.Stream && s.Source == gateway.SourcePull {
			shown.HasAudio, shown.HasVideo = s.Audio.Codec != "", s.Video.Codec != ""
		}
	}
	return shown
}

// livePull is a pull as event streams tell it.
type livePull struct {
	ID        string     `json:"id"`
	URI       string     `json:"uri"`
	Stream    string     `json:"stream"`
	Status    string     `json:"status"`
	Problem   *string    `json:"problem"`
	CreatedAt *time.Time `json:"createdAt"`
}

func livePullOf(p gateway.Pull) *livePull {
	return &livePull{
		ID: p.ID, URI: p.Shown, Stream: p.Stream, Status: string(p.Status), Problem: nullable(p.Problem),
		CreatedAt: moment(p.Created),
	}
}
