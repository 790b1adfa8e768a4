package demophone

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"callcast/assets"
)

const (
	audioRate     = 8000
	videoRate     = 90000
	picturePeriod = time.Second / assets.ClipRate
	firstReport   = time.Second
	reportPeriod  = 5 * time.Second
)

// session is the media of one call: the clip, played on one clock.
type session struct {
	call    string // SIP Call-ID
	clip    *clip
	options *Params
	audio   *track
	video   *track
	readers sync.WaitGroup

	mu         sync.Mutex // guards what follows and the tracks
	chosen     []chosen
	offers     int
	start      time.Time
	frames     int64 // of audio, since start
	pictures   int64
	reported   time.Duration // when the next report is due
	entry      int           // which of the clip's entries is playing; -1: wait for the next one
	keyWanted  bool
	keyframes  Keyframes
	lastFIR    uint8
	tones      []byte
	tone       uint32 // RTP timestamp of the last tone heard
	everTone   bool
	randomness *rand.Rand
}

// newSession opens the call's sockets and starts reading them.
func newSession(call string, addr netip.Addr, c *clip, options *Params) (*session, error) {
	audio, err := newTrack(addr, audioRate)
	if err != nil {
		return nil, err
	}
	video, err := newTrack(addr, videoRate)
	if err != nil {
		audio.close()
		return nil, err
	}
	s := &session{
		call: call, clip: c, options: options, audio: audio, video: video,
		reported: firstReport, randomness: rand.New(rand.NewPCG(uint64(audio.ssrc), 1)),
	}
	s.readers.Go(s.readAudio)
	s.readers.Go(s.readVideo)
	s.readers.Go(func() { s.readControl(audio) })
	s.readers.Go(func() { s.readControl(video) })
	return s, nil
}

// use takes over what an offer came to, the first one or a later one.
func (s *session) use(lines []chosen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chosen = lines
	s.offers++
	paused := !s.video.sending
	s.audio.sending, s.video.sending = false, false
	for _, l := range lines {
		switch {
		case l.refused:
		case l.offer.kind == "audio":
			s.audio.use(l)
		case l.offer.kind == "video":
			s.video.use(l)
		}
	}
	if paused && s.pictures > 0 {
		s.entry, s.keyWanted = -1, true
	}
}

// lines are what the newest offer came to.
func (s *session) lines() []chosen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chosen
}

func (s *session) ports() map[string]uint16 {
	return map[string]uint16{"audio": s.audio.port(), "video": s.video.port()}
}

// play sends everything that is due by now.
func (s *session) play(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.start.IsZero() {
		s.start = now
	}
	elapsed := now.Sub(s.start)
	for time.Duration(s.frames)*s.options.PTime <= elapsed {
		s.sendAudio()
	}
	for time.Duration(s.pictures)*picturePeriod <= elapsed {
		s.sendPicture()
	}
	if elapsed >= s.reported && !s.options.NoSenderReports {
		s.reported += reportPeriod
		for _, t := range []*track{s.audio, s.video} {
			if t.sending {
				t.report(now, elapsed)
			}
		}
	}
}

func (s *session) sendAudio() {
	sound := s.clip.alaw
	if s.audio.chosen.ulaw {
		sound = s.clip.ulaw
	}
	n := int64(s.options.PTime * audioRate / time.Second)
	at := s.frames * n
	s.frames++
	if !s.audio.sending {
		return
	}
	payload := make([]byte, 0, n)
	for pos := at; int64(len(payload)) < n; pos = at + int64(len(payload)) {
		rest := sound[pos%int64(len(sound)):]
		payload = append(payload, rest[:min(n-int64(len(payload)), int64(len(rest)))]...)
	}
	s.audio.send(payload, uint32(at), at == 0, s.lost())
}

func (s *session) sendPicture() {
	at := s.pictures
	s.pictures++
	position := int(at % assets.ClipFrames)
	if position == 0 || s.keyWanted && position%assets.ClipEntryStep == 0 {
		s.entry, s.keyWanted = position/assets.ClipEntryStep, false
	}
	if !s.video.sending || s.entry < 0 {
		return
	}
	p := s.clip.entries[s.entry][position-s.entry*assets.ClipEntryStep]
	payloads := p.single
	if s.video.chosen.fragments {
		payloads = p.fragments
	}
	stamp := ticks(time.Duration(at)*picturePeriod, videoRate)
	for i, payload := range payloads {
		s.video.send(payload, stamp, i == len(payloads)-1, s.lost())
	}
}

func (s *session) lost() bool { return s.options.Loss > 0 && s.randomness.Float64() < s.options.Loss }

// close ends the readers and waits for them.
func (s *session) close() {
	s.audio.close()
	s.video.close()
	s.readers.Wait()
}
