package rest

import (
	"callcast/gateway"
)

// streaming is the Stream object of WCS: somebody who publishes a stream, or plays one. Every key is always there;
// those that have no meaning here have the value WCS gives them.
type streaming struct {
	AppKey         *string  `json:"appKey"`
	SessionID      *string  `json:"sessionId"`
	MediaSessionID string   `json:"mediaSessionId"`
	Name           string   `json:"name"`
	Published      bool     `json:"published"`
	HasVideo       bool     `json:"hasVideo"`
	HasAudio       bool     `json:"hasAudio"`
	Status         string   `json:"status"`
	SDP            *string  `json:"sdp"`
	AudioCodec     *string  `json:"audioCodec"`
	VideoCodec     *string  `json:"videoCodec"`
	Record         bool     `json:"record"`
	Width          int      `json:"width"`
	Height         int      `json:"height"`
	Bitrate        int      `json:"bitrate"` // this and the next four are what a client asked for: nobody asks here
	MinBitrate     int      `json:"minBitrate"`
	MaxBitrate     int      `json:"maxBitrate"`
	AudioBitrate   int      `json:"audioBitrate"`
	Quality        int      `json:"quality"`
	History        bool     `json:"history"`
	GOP            int      `json:"gop"`
	FPS            float64  `json:"fps"`
	CodecImpl      string   `json:"codecImpl"`
	Transport      *string  `json:"transport"`
	CVOExtension   bool     `json:"cvoExtension"`
	CreateDate     int64    `json:"createDate"` // milliseconds
	MediaType      string   `json:"mediaType"`
	MediaProvider  string   `json:"mediaProvider"`
	AudioState     muting   `json:"audioState"`
	VideoState     muting   `json:"videoState"`
	Metrics        *figures `json:"metrics"`
	Plan           []track  `json:"plan"`
}

type muting struct {
	Muted bool `json:"muted"`
}

// track is one row of a stream's plan, which WCS does not have: what is passed on, what is converted, and why.
type track struct {
	Kind       string  `json:"kind"`
	Codec      string  `json:"codec"`
	From       *string `json:"from"`
	Why        *string `json:"why"`
	Readers    int     `json:"readers"`
	CPUPercent float64 `json:"cpuPercent"`
}

// figures are WCS's metrics. Null is what the gateway does not count.
type figures struct {
	VideoSync   *int64   `json:"VIDEO_SYNC"`
	AudioSync   *int64   `json:"AUDIO_SYNC"`
	VideoK      *uint64  `json:"VIDEO_K_FRAMES"`
	VideoP      *uint64  `json:"VIDEO_P_FRAMES"`
	VideoB      *uint64  `json:"VIDEO_B_FRAMES"`
	VideoNACK   *uint64  `json:"VIDEO_NACK"`
	VideoPLI    *uint64  `json:"VIDEO_PLI"`
	VideoLost   *uint64  `json:"VIDEO_LOST"`
	AudioLost   *uint64  `json:"AUDIO_LOST"`
	VideoRate   *int     `json:"VIDEO_RATE"` // bits a second
	AudioRate   *int     `json:"AUDIO_RATE"`
	VideoCodec  *int     `json:"VIDEO_CODEC"` // WCS gives a payload type of its own
	AudioCodec  *int     `json:"AUDIO_CODEC"`
	VideoWidth  *int     `json:"VIDEO_WIDTH"`
	VideoHeight *int     `json:"VIDEO_HEIGHT"`
	VideoFPS    *float64 `json:"VIDEO_FPS"`
	VideoGOP    *int     `json:"VIDEO_GOP_SIZE"`
}

// streamingsOf lists who publishes and who plays. A browser that publishes stands in both lists of the snapshot, and is
// taken from the streams.
func streamingsOf(now gateway.Snapshot, withMetrics bool) []streaming {
	var all []streaming
	for _, s := range now.Streams {
		one := publisherOf(s)
		if withMetrics {
			one.Metrics = publisherFigures(s)
		}
		all = append(all, one)
	}
	for _, m := range now.MediaSessions {
		if m.Published || m.Status.Ended() {
			continue
		}
		one := viewingOf(m)
		if withMetrics {
			one.Metrics = viewingFigures(m)
		}
		all = append(all, one)
	}
	return all
}

func publisherOf(s gateway.Stream) streaming {
	status := gateway.MediaPending
	if s.Live {
		status = gateway.MediaPublishing
	}
	return streaming{
		MediaSessionID: s.ID, Name: s.Name, Published: true, Status: string(status),
		HasAudio: s.Audio.Codec != "", HasVideo: s.Video.Codec != "",
		AudioCodec: nullable(s.Audio.Codec), VideoCodec: nullable(s.Video.Codec),
		Width: s.Video.Width, Height: s.Video.Height, FPS: s.Video.FPS,
		CreateDate: s.Created.UnixMilli(), MediaType: "publish", MediaProvider: providerOf(s.Source), Plan: planOf(s.Tracks),
	}
}

func viewingOf(m gateway.MediaSession) streaming {
	return streaming{
		MediaSessionID: m.ID, Name: m.Stream, Status: string(m.Status), HasAudio: m.HasAudio, HasVideo: m.HasVideo,
		Width: m.Width, Height: m.Height, CreateDate: m.Created.UnixMilli(), MediaType: "play", MediaProvider: providerBrowser,
		Plan: planOf(nil),
	}
}

const providerBrowser = "WebRTC"

// providerOf is WCS's word for where media comes from. What the server itself calls or accepts by RTMP is "Flash".
func providerOf(source gateway.SourceKind) string {
	switch source {
	case gateway.SourceWebRTC:
		return providerBrowser
	case gateway.SourcePull:
		return "RTMP"
	case gateway.SourceSIP, gateway.SourceRTMP, gateway.SourceDevice:
	}
	return "Flash"
}

func planOf(tracks []gateway.Track) []track {
	plan := make([]track, 0, len(tracks))
	for _, t := range tracks {
		plan = append(plan, track{t.Kind, t.Codec, nullable(t.From), nullable(t.Why), t.Readers, t.CPUPercent})
	}
	return plan
}

func publisherFigures(s gateway.Stream) *figures {
	return &figures{
		VideoPLI: new(s.Video.KeyRequests), VideoLost: new(s.Video.Lost), AudioLost: new(s.Audio.Lost),
		VideoRate: new(s.Video.BitsPerSec), AudioRate: new(s.Audio.BitsPerSec),
		VideoWidth: new(s.Video.Width), VideoHeight: new(s.Video.Height), VideoFPS: new(s.Video.FPS),
	}
}

func viewingFigures(m gateway.MediaSession) *figures {
	return &figures{
		VideoNACK: new(m.Viewer.NACKs), VideoPLI: new(m.Viewer.KeyRequests), VideoWidth: new(m.Width), VideoHeight: new(m.Height),
	}
}
