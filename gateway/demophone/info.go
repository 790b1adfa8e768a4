package demophone

// State is how far a call is.
type State string

// The states of a call.
const (
	Silent      State = "silent"      // told nothing at all
	Ringing     State = "ringing"     // 180 or 183 sent
	Answered    State = "answered"    // 200 sent, ACK awaited
	Established State = "established" // ACK received
	Refused     State = "refused"     // a failure sent, ACK awaited
	Leaving     State = "leaving"     // BYE sent
	Ended       State = "ended"
)

// CallInfo is what a call has seen so far.
type CallInfo struct {
	ID           string // SIP Call-ID
	From         string // the caller's From header
	State        State
	Tones        string    // DTMF received, RTP and INFO
	Keyframes    Keyframes // requests heeded
	AudioPackets uint64    // RTP received, telephone events included
	VideoPackets uint64
	AudioSent    uint32 // RTP packets, those lost on purpose included
	VideoSent    uint32
	Offers       int // accepted, so 2 after one re-INVITE
}

// info copies what a call has seen.
func (c *call) info() CallInfo {
	c.mu.Lock()
	i := CallInfo{ID: c.id, From: c.from, State: c.state}
	s := c.session
	c.mu.Unlock()
	if s == nil {
		return i
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i.Tones, i.Keyframes, i.Offers = string(s.tones), s.keyframes, s.offers
	i.AudioPackets, i.VideoPackets = s.audio.received, s.video.received
	i.AudioSent, i.VideoSent = s.audio.packets, s.video.packets
	return i
}
