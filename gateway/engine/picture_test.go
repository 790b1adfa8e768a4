package engine

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"callcast/assets"
	"callcast/gateway/demophone"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
)

// shown is a key picture, if nobody decodes it, with a mark that no other has.
func shown() (u *media.Unit, mark []byte) {
	mark = bytes.Repeat([]byte("browser "), 100)
	format := &media.Format{Codec: media.H264}
	for nal := range h264.AnnexB(assets.Slate()) {
		if h264.IsSPS(nal) {
			format.SPS = nal
		}
		if h264.IsPPS(nal) {
			format.PPS = nal
		}
	}
	return &media.Unit{Format: format, Key: true, Payload: h264.AppendNAL(nil, append([]byte{0x65, 0x88, 0x80}, mark...))}, mark
}

// film sends a picture again and again until ctx ends.
func (h *handset) film(ctx context.Context, t *testing.T, u *media.Unit) {
	packets := h264.Packetiser{Mode: 1, MaxPayload: 1100}.Append(nil, u)
	ticker := time.NewTicker(40 * time.Millisecond)
	defer ticker.Stop()
	var number uint16
	for stamp := uint32(0); ; stamp += 3600 {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		for i, payload := range packets {
			number++
			h.Send(t, media.Video, &rtp.Packet{
				Header:  rtp.Header{SequenceNumber: number, Timestamp: stamp, Marker: i == len(packets)-1},
				Payload: payload,
			})
		}
	}
}

// TestBrowserSeesAndIsSeen: the phone gets the browser's picture, and the browser one of the phone's clip.
func TestBrowserSeesAndIsSeen(t *testing.T) {
	u, mark := shown()
	seen := make(chan bool, 1)
	e := start(t, loopback())
	phone := callee(t, demophone.Params{OnPicture: func(_ string, _ uint32, picture []byte) {
		if bytes.Contains(picture, mark) {
			select {
			case seen <- true:
			default:
			}
		}
	}})
	h := newHandset(t, true)
	ctx, stop := context.WithCancel(t.Context())
	var filming sync.WaitGroup
	defer filming.Wait()
	defer stop()
	dial(t, e, h, spec("c1", phone))
	<-h.Connected
	filming.Go(func() { h.film(ctx, t, u) })

	clip, err := assets.ClipVideo(0)
	require.NoError(t, err)
	pictures := 0
	d := h264.NewDepacketiser(func(p h264.Picture) {
		for nal := range h264.NALs(p.Payload) {
			if len(nal) > 100 && bytes.Contains(clip, nal) {
				pictures++
			}
		}
	})
	deadline := time.After(patience)
	for pictures == 0 {
		select {
		case p := <-h.Packets:
			if p.PayloadType == 102 {
				d.Push(h264.Packet{Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload})
			}
		case <-deadline:
			require.FailNow(t, "no picture came")
		}
	}
	select {
	case <-seen:
	case <-deadline:
		require.FailNow(t, "the phone saw nothing")
	}
}
