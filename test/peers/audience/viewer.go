package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// counts is what was received.
type counts struct {
	Pictures int64 `json:"pictures"`
	Packets  int64 `json:"packets"` // of pictures and sound
	Missing  int64 `json:"missing"` // packets whose number never came
}

// viewer is one who watches.
type viewer struct {
	pc       *webrtc.PeerConnection
	resource string
	seen     chan struct{} // closed with the first picture
	tasks    sync.WaitGroup

	pictures, packets, missing atomic.Int64
}

// watch opens a viewing with an offer as a browser makes it for a player.
func watch(api *webrtc.API, url string) (*viewer, error) {
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	v := &viewer{pc: pc, seen: make(chan struct{})}
	if err := v.open(url); err != nil {
		_ = pc.GracefulClose()
		return nil, err
	}
	return v, nil
}

func (v *viewer) open(url string) error {
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		recvonly := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
		if _, err := v.pc.AddTransceiverFromKind(kind, recvonly); err != nil {
			return err
		}
	}
	v.pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		v.tasks.Go(func() { v.read(track) })
		v.tasks.Go(func() { drain(receiver) })
	})
	offer, err := v.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := v.pc.SetLocalDescription(offer); err != nil {
		return err
	}
	answer, err := v.ask(url, offer.SDP)
	if err != nil {
		return err
	}
	return v.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
}

// ask posts the offer and returns the answer.
func (v *viewer) ask(url, offer string) (string, error) {
	res, err := http.Post(url, "application/sdp", strings.NewReader(offer))
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("%s: %s", res.Status, answer)
	}
	location, err := res.Location()
	if err != nil {
		return "", err
	}
	v.resource = location.String()
	return string(answer), nil
}

// read counts a track's packets until the viewer leaves.
func (v *viewer) read(track *webrtc.TrackRemote) {
	const mtu = 1500
	buffer := make([]byte, mtu)
	var header rtp.Header
	var last uint16
	for first := true; ; {
		n, _, err := track.Read(buffer)
		if err != nil {
			return
		}
		if _, err := header.Unmarshal(buffer[:n]); err != nil {
			continue
		}
		v.packets.Add(1)
		step := int16(header.SequenceNumber - last)
		switch {
		case first:
			first, last = false, header.SequenceNumber
		case step > 0:
			v.missing.Add(int64(step) - 1)
			last = header.SequenceNumber
		default: // one that was given up comes late
			v.missing.Add(-1)
		}
		if track.Kind() == webrtc.RTPCodecTypeVideo && header.Marker && v.pictures.Add(1) == 1 {
			close(v.seen)
		}
	}
}

// drain reads the reports, which pion wants read.
func drain(receiver *webrtc.RTPReceiver) {
	for {
		if _, _, err := receiver.ReadRTCP(); err != nil {
			return
		}
	}
}

func (v *viewer) add(all *counts) {
	all.Pictures += v.pictures.Load()
	all.Packets += v.packets.Load()
	all.Missing += v.missing.Load()
}

// leave ends the viewing.
func (v *viewer) leave() error {
	req, err := http.NewRequest(http.MethodDelete, v.resource, nil)
	if err == nil {
		var res *http.Response
		if res, err = http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
		}
	}
	_ = v.pc.GracefulClose()
	v.tasks.Wait()
	return err
}
