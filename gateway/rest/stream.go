package rest

import (
	"time"

	"callcast/gateway"
)

// stream, sink, media and listener are what event streams tell of the contract's types.
type stream struct {
	Name      string     `json:"name"`
	ID        string     `json:"id"`
	Source    string     `json:"source"`
	CallID    *string    `json:"callId"`
	Origin    *string    `json:"origin"`
	Live      bool       `json:"live"`
	CreatedAt *time.Time `json:"createdAt"`
	Audio     media      `json:"audio"`
	Video     media      `json:"video"`
	Plan      []track    `json:"plan"`
	Sinks     []sink     `json:"sinks"`
}

type sink struct {
	ID      string  `json:"id"`
	Kind    string  `json:"kind"`
	Target  string  `json:"target"`
	Status  *string `json:"status"`
	Problem *string `json:"problem"`
	Bytes   uint64  `json:"bytes"`
	Dropped uint64  `json:"dropped"`
	Viewer  *viewer `json:"viewer"`
}

type media struct {
	Codec       *string `json:"codec"`
	Direction   *string `json:"direction"`
	Width       int     `json:"width"`
	Height      int     `json:"height"`
	FPS         float64 `json:"fps"`
	Bitrate     int     `json:"bitrate"`
	Packets     uint64  `json:"packets"`
	Bytes       uint64  `json:"bytes"`
	Lost        uint64  `json:"lost"`
	LossPercent float64 `json:"lossPercent"`
	JitterMS    float64 `json:"jitterMs"`
	Filled      uint64  `json:"filled"`
	KeyRequests uint64  `json:"keyRequests"`
	Discarded   uint64  `json:"discarded"`
	Resent      uint64  `json:"resent"`
	Damaged     uint64  `json:"damaged"`
	Remote      *string `json:"remote"`
}

type listener struct {
	Name    string  `json:"name"`
	Setting string  `json:"setting"`
	Address string  `json:"address"`
	Problem *string `json:"problem"`
	Refused uint64  `json:"refused"`
}

func streamOf(s gateway.Stream) *stream {
	sinks := make([]sink, 0, len(s.Sinks))
	for _, k := range s.Sinks {
		sinks = append(sinks, sinkOf(k))
	}
	return &stream{
		ID: s.ID, Name: s.Name, Source: string(s.Source), CallID: nullable(s.CallID), Origin: nullable(s.Origin), Live: s.Live,
		CreatedAt: moment(s.Created), Audio: mediaOf(s.Audio), Video: mediaOf(s.Video), Plan: planOf(s.Tracks), Sinks: sinks,
	}
}

func sinkOf(k gateway.Sink) sink {
	out := sink{
		ID: k.ID, Kind: string(k.Kind), Target: k.Target, Status: nullable(string(k.Status)),
		Problem: nullable(k.Problem), Bytes: k.Bytes, Dropped: k.Dropped,
	}
	if k.Kind == gateway.SinkWebRTC {
		out.Viewer = viewerOf(k.Viewer)
	}
	return out
}

func mediaOf(m gateway.MediaStats) media {
	return media{
		Codec: nullable(m.Codec), Direction: nullable(m.Direction), Width: m.Width, Height: m.Height, FPS: m.FPS,
		Bitrate: m.BitsPerSec, Packets: m.Packets, Bytes: m.Bytes, Lost: m.Lost, LossPercent: m.LossPercent,
		JitterMS: m.JitterMS, Filled: m.Filled, KeyRequests: m.KeyRequests, Discarded: m.Discarded, Resent: m.Resent,
		Damaged: m.Damaged, Remote: nullable(m.Remote),
	}
}

func listenerOf(l gateway.Listener) *listener {
	out := &listener{Name: l.Name, Setting: l.Setting, Address: l.Address, Refused: l.Refused}
	if l.Err != nil {
		out.Problem = nullable(l.Err.Message)
	}
	return out
}
