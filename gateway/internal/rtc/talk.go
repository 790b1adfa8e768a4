package rtc

import (
	"context"
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"

	"callcast/gateway/internal/media"
)

// talking looks for sections that bring media or take some, and prefers what the source has: the browser then sends it
// too.
func talking(source [media.Kinds]media.Codec) intent {
	return intent{choose: func(s *section, k media.Kind) codecs {
		all := s.audio()
		if k == media.Video {
			all = s.videoOut()
		}
		for i := range all {
			all[i].watchCongestion()
		}
		return all.preferring(source[k])
	}}
}

// Talk reads an offer to send media, to take some, or both, and answers it. The codecs of the source of what is taken are
// preferred for both ways; group names what is sent. The caller closes the peer.
func (e *Endpoint) Talk(
	ctx context.Context, sdp string, source [media.Kinds]media.Codec, group string,
) (*Peer, string, error) {
	return e.answer(ctx, sdp, talking(source), func(p *Peer, k media.Kind, o *offer) error {
		switch {
		case !o.sends[k]:
			return p.addTrack(e.newTrack(k, group, o.kinds[k]))
		case !o.takes[k]:
			return p.addFeed(k, o.kinds[k])
		default:
			return p.addBoth(e.newTrack(k, group, o.kinds[k]))
		}
	})
}

// Offer makes an offer to send and to take media of the kinds for which source names the codec to be preferred. Accept
// takes the answer. The caller closes the peer.
func (e *Endpoint) Offer(
	ctx context.Context, source [media.Kinds]media.Codec, group string,
) (*Peer, string, error) {
	o := &offer{}
	for kind, preferred := range source {
		if preferred != "" {
			o.kinds[kind] = talking(source).choose(ours(media.Kind(kind)), media.Kind(kind))
		}
	}
	p, err := e.newPeer(o)
	if err != nil {
		return nil, "", err
	}
	sdp, err := e.propose(ctx, p, o, group)
	if err != nil {
		p.Close()
		return nil, "", err
	}
	if e.reflexive != nil {
		sdp = e.reflexive.addTo(ctx, sdp)
	}
	return p, sdp, nil
}

func (e *Endpoint) propose(ctx context.Context, p *Peer, o *offer, group string) (string, error) {
	for kind, chosen := range o.kinds {
		if len(chosen) == 0 {
			continue
		}
		if err := p.addBoth(e.newTrack(media.Kind(kind), group, chosen)); err != nil {
			return "", err
		}
	}
	sdp, err := p.pc.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("offer: %w", err)
	}
	return p.gather(ctx, sdp)
}

// Accept takes the browser's answer to an Offer. Of each kind flows what it agrees to.
func (p *Peer) Accept(answer string) error {
	to := talking([media.Kinds]media.Codec{})
	to.rejects = true
	agreed, err := readOffer(answer, to)
	if err != nil {
		return err
	}
	for kind := range agreed.kinds {
		if t := p.tracks[kind]; t != nil && agreed.takes[kind] && len(agreed.kinds[kind]) > 0 {
			t.agree(agreed.kinds[kind])
		} else {
			p.tracks[kind] = nil
		}
		p.incoming[kind] = nil
		if agreed.sends[kind] {
			p.incoming[kind] = agreed.kinds[kind]
		}
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: agreed.sdp}); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// agree narrows a track to what the browser takes. What was preferred still is.
func (t *Track) agree(to codecs) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.codecs = to.preferring(t.codecs[0].codec)
}

// addBoth sends one kind of media and takes it.
func (p *Peer) addBoth(t *Track) error {
	both := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv}
	transceiver, err := p.pc.AddTransceiverFromTrack(local{t}, both)
	if err != nil {
		return fmt.Errorf("add %s: %w", t.kind, err)
	}
	t.bind(transceiver, p)
	p.tracks[t.kind], p.incoming[t.kind] = t, t.codecs
	return p.prefer(transceiver, t.codecs)
}

// ours is what is offered of a kind, as a browser would write it.
func ours(k media.Kind) *section {
	lines := []string{
		"rtpmap:111 opus/48000/2", "fmtp:111 minptime=10;useinbandfec=1", "rtpmap:8 PCMA/8000", "rtpmap:0 PCMU/8000",
	}
	formats := []string{"111", "8", "0"}
	if k == media.Video {
		lines = []string{
			"rtpmap:102 H264/90000", "fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
			"rtpmap:103 rtx/90000", "fmtp:103 apt=102",
			"rtpmap:96 VP8/90000", "rtpmap:97 rtx/90000", "fmtp:97 apt=96",
		}
		formats = []string{"102", "103", "96", "97"}
	}
	s := newSection(formats)
	for _, line := range lines {
		key, value, _ := strings.Cut(line, ":")
		s.add(key, value)
	}
	return s
}
