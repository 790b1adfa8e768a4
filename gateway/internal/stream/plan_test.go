package stream

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/media"
)

// recoder makes pictures of any codec out of any other, in order, and key ones when asked.
type recoder struct{ asked atomic.Int32 }

func (*recoder) Can(from, to media.Codec) bool { return from.Kind() == to.Kind() }

func (d *recoder) Derive(_, to media.Codec) (Converter, error) {
	return recoding{d, &media.Format{Codec: to}}, nil
}

type recoding struct {
	d      *recoder
	format *media.Format
}

func (c recoding) Convert(u *media.Unit) ([]*media.Unit, error) {
	made := *u
	made.Format = c.format
	return []*media.Unit{&made}, nil
}

func (recoding) Patience() time.Duration { return 0 }
func (recoding) Close()                  {}
func (c recoding) RequestKeyframe()      { c.d.asked.Add(1) }

func browser() ReaderParams {
	return ReaderParams{Sink: gateway.SinkWebRTC, InOrder: true, Video: []media.Codec{media.H264, media.VP8}}
}

func TestPlan(t *testing.T) {
	reordered := &media.Format{Codec: media.H264, Reorders: true}
	vp8 := &media.Format{Codec: media.VP8}
	push := ReaderParams{Sink: gateway.SinkRTMPPush, Video: []media.Codec{media.H264}}
	preview := ReaderParams{Sink: gateway.SinkPreview, Video: []media.Codec{media.H264}}
	for _, tt := range []struct {
		name      string
		transcode bool
		source    *media.Format
		reader    ReaderParams
		want      gateway.Track // what is made, if anything
	}{
		{"as it came", false, h264, browser(), gateway.Track{}},
		{"what a browser takes is passed on", false, vp8, browser(), gateway.Track{}},
		{"another codec", false, vp8, push, gateway.Track{Kind: "video", Codec: "H264", From: "VP8", Why: "rtmp-push does not take VP8", Readers: 1}},
		{"RTMP can say how pictures are reordered", false, reordered, push, gateway.Track{}},
		{"browsers cannot", false, reordered, browser(), gateway.Track{
			Kind: "video", Codec: "H264", From: "H264", Readers: 1,
			Why: "webrtc shows pictures in the order they come, and the source reorders them",
		}},
		{"always", true, h264, push, gateway.Track{Kind: "video", Codec: "H264", From: "H264", Why: "disable_streaming_proxy is set", Readers: 1}},
		{"but not for the operator's eye", true, h264, preview, gateway.Track{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New(Params{Name: "s", Deriver: &recoder{}, Transcode: tt.transcode, Log: slog.New(slog.DiscardHandler)})
				defer s.Close()
				p := s.Publish(PublisherParams{})
				r := s.Attach(tt.reader)
				p.Write(&media.Unit{Format: tt.source, Key: true, Payload: []byte{7}})
				synctest.Wait()
				got := backlog(t, r)
				require.Equal(t, []byte{7}, numbers(got))
				tracks := s.Tracks()
				require.Equal(t, string(tt.source.Codec), tracks[0].Codec)
				if tt.want == (gateway.Track{}) {
					require.Len(t, tracks, 1)
					require.Same(t, tt.source, got[0].Format)
					require.Equal(t, 1, tracks[0].Readers)
					return
				}
				require.Equal(t, []gateway.Track{{Kind: "video", Codec: string(tt.source.Codec)}, tt.want}, tracks)
				require.Equal(t, tt.want.Codec, string(got[0].Format.Codec))
			})
		})
	}
}

func TestSourceThatBeginsToReorderIsConvertedFromThenOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, &recoder{})
		p := s.Publish(PublisherParams{})
		r := s.Attach(browser())
		p.Write(picture(1, true))
		p.Write(&media.Unit{Format: &media.Format{Codec: media.H264, Reorders: true}, Key: true, Payload: []byte{2}})
		synctest.Wait()
		require.Equal(t, []byte{1, 2}, numbers(backlog(t, r)))
		require.Len(t, s.Tracks(), 2)
		s.Close()
	})
}

func TestKeyUnitIsAskedOfWhoeverMakesThePictures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source atomic.Int32
		made := &recoder{}
		s := newStream(t, made)
		p := s.Publish(PublisherParams{RequestKeyframe: func() { source.Add(1) }})
		copied := s.Attach(ReaderParams{Sink: gateway.SinkRTMPPush, Video: []media.Codec{media.H264}})
		derived := s.Attach(ReaderParams{Sink: gateway.SinkWebRTC, Video: []media.Codec{media.VP8}})
		p.Write(picture(0, true))
		time.Sleep(2 * keyInterval)
		before := source.Load()

		derived.RequestKeyframe()
		derived.RequestKeyframe()
		require.EqualValues(t, 1, made.asked.Load(), "at most once a second")
		require.Equal(t, before, source.Load(), "the source need not make one")
		copied.RequestKeyframe()
		require.Equal(t, before+1, source.Load())
		s.Close()
	})
}
