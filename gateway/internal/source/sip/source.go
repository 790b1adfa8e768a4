package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/dtmf"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sdp"
	"callcast/gateway/internal/slate"
	"callcast/gateway/internal/stream"
)

// Params is what a Source works with.
type Params struct {
	Pool     *rtpio.Pool
	IP       netip.Addr // named in session descriptions
	Host     netip.Addr // that the other side's signalling comes from; invalid if it is not known
	HasAudio bool       // offer sendrecv, else recvonly
	HasVideo bool
	Codecs   [media.Kinds][]media.Codec // in order of preference
	// Reflect finds out how ports look from outside, and takes its time; that is what is named. May be nil: they look as they are.
	Reflect func(ports ...*rtpio.Conn)
	// SoundOnly offers no video at all, and takes none.
	SoundOnly bool
	// Waits sends nothing to where a description says before Confirm: who sent that may have named somebody else's address.
	Waits  bool
	Slate  bool // publish a slate while there is no video
	SRTP   gateway.SRTPPolicy
	Stream *stream.Stream
	// Info sends a SIP INFO within the dialog and waits for its answer. May be nil.
	Info func(ctx context.Context, contentType string, body []byte) error
	// OnDTMF is told keys that the other side presses, in the audio and by which way. May be nil; must not block.
	OnDTMF func(key rune, way dtmf.Way)
	CNAME  string
	Log    *slog.Logger
}

// Source is the media of one call.
type Source struct {
	params   Params
	log      *slog.Logger
	timeline *clock.Timeline
	audio    *audioIn
	video    *videoIn
	back     *back
	keys     *keyRequest
	wake     chan struct{} // makes the pacer look at keys at once

	audioRTP *rtpio.Session
	videoRTP *rtpio.Session

	mu         sync.Mutex // guards what follows: the state of negotiation
	local      sdp.OfferParams
	offer      []byte
	another    []byte // what OfferAnother told last
	agreed     sdp.Answer
	waits      bool // for Confirm
	audioSpeed speed
	videoSpeed speed
	publisher  *stream.Publisher // set by Start
	stop       context.CancelFunc
	injected   *injection     // nil if none is
	talker     *stream.Stream // what Talk sends; nil if nobody talks
	closed     bool

	running sync.WaitGroup
}

// New opens the ports of a call. Nothing is received or published before Start.
func New(p Params) (*Source, error) {
	slates, err := slate.LoadSet()
	if err != nil {
		return nil, err
	}
	audioConn, videoConn, err := openPorts(p)
	if err != nil {
		return nil, err
	}
	s := &Source{
		params: p, log: p.Log, waits: p.Waits, timeline: clock.NewTimeline(), keys: &keyRequest{}, wake: make(chan struct{}, 1),
		local: sdp.OfferParams{
			IP: p.IP, SessionID: rand.Uint64() >> 1, Version: 1, SRTP: p.SRTP,
			Audio: newOffer(audioConn, p.HasAudio, p, media.Audio),
			Video: newOffer(videoConn, p.HasVideo, p, media.Video),
		},
	}
	if p.SoundOnly {
		s.local.Video.Port = 0
	}
	s.offer = sdp.Offer(s.local)
	s.audio = newAudioIn(s.timeline, p.Codecs[media.Audio], p.OnDTMF)
	s.video = newVideoIn(s.timeline, p.Codecs[media.Video], s.wantKey, s.keys.got)
	if p.Slate {
		s.video.slates = slates
	}
	s.audioRTP = rtpio.NewSession(rtpio.SessionParams{
		Conn: audioConn, SSRC: s.local.Audio.SSRC, CNAME: p.CNAME, Host: p.Host, ClockRates: offeredRates(s.local.Audio.Codecs),
		Shut:   encrypts(p.SRTP),
		Handle: s.audio.handle, OnReport: s.audio.track.Report, Log: p.Log,
	})
	s.videoRTP = rtpio.NewSession(rtpio.SessionParams{
		Conn: videoConn, SSRC: s.local.Video.SSRC, CNAME: p.CNAME, Host: p.Host, ClockRates: offeredRates(s.local.Video.Codecs),
		Shut: encrypts(p.SRTP), Resend: true,
		Handle: s.video.handle, OnReport: s.video.track.Report, OnKeyframeRequest: s.ShowKeyframe, Log: p.Log,
	})
	s.back = newBack(s.audioRTP, s.videoRTP, slates, p.Log)
	return s, nil
}

// openPorts opens the ports of a call and finds out how they look from outside.
func openPorts(p Params) (audio, video *rtpio.Conn, err error) {
	if audio, err = p.Pool.Open(); err != nil {
		return nil, nil, fmt.Errorf("open audio ports: %w", err)
	}
	if video, err = p.Pool.Open(); err != nil {
		audio.Close()
		return nil, nil, fmt.Errorf("open video ports: %w", err)
	}
	switch {
	case p.Reflect == nil:
	case p.SoundOnly:
		p.Reflect(audio)
	default:
		p.Reflect(audio, video)
	}
	return audio, video, nil
}

func newOffer(c *rtpio.Conn, send bool, p Params, kind media.Kind) sdp.MediaOffer {
	rtp, rtcp := c.Seen(p.IP)
	m := sdp.MediaOffer{
		Port: int(rtp.Port()), RTCPPort: int(rtcp.Port()), IP: rtp.Addr(), RTCPIP: rtcp.Addr(), Send: send, SSRC: rand.Uint32(), CNAME: p.CNAME, Codecs: p.Codecs[kind],
	}
	if encrypts(p.SRTP) {
		m.Keys = sdp.NewKeys()
	}
	return m
}

// Start takes over the stream and begins to receive. It is called once.
func (s *Source) Start() {
	ctx, stop := context.WithCancel(context.Background())
	publisher := s.params.Stream.Publish(stream.PublisherParams{RequestKeyframe: s.RequestKeyframe})
	s.mu.Lock()
	s.publisher, s.stop = publisher, stop
	s.mu.Unlock()
	s.audio.publishTo(publisher.Write)
	s.video.publishTo(publisher.Write)
	s.audioRTP.Start()
	s.videoRTP.Start()
	s.running.Go(func() { s.pace(ctx) })
}

// Close ends all media, gives the stream up and returns when nothing runs any more. It may be called without Start, and
// more than once.
func (s *Source) Close() {
	s.mu.Lock()
	stop, publisher := s.stop, s.publisher
	s.closed = true
	s.endInjectionLocked()
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
	s.running.Wait()
	s.back.close()
	s.audioRTP.Close()
	s.videoRTP.Close()
	if publisher != nil {
		publisher.Close()
	}
}

// RequestKeyframe asks the other side for a key frame, soon and until it comes. It does not block.
func (s *Source) RequestKeyframe() { s.wantKey() }

func (s *Source) wantKey() {
	if s.keys.want(time.Now()) {
		select {
		case s.wake <- struct{}{}:
		default: // it is awake
		}
	}
}

// Why tones cannot be sent.
var (
	errNoKey      = errors.New("keys are 0-9, *, # and A-D")
	errNotSending = errors.New("no audio is sent in this call")
)

// SendDTMF queues keys (0-9 * # A-D), which are played one after the other in the audio that is sent: as events
// (RFC 4733), or as sound where the other side takes none.
func (s *Source) SendDTMF(ctx context.Context, digits string) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return s.back.queue(digits)
}
