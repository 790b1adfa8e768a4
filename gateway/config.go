package gateway

import (
	"net"
	"strconv"
	"time"
)

// Config is every setting of the engine and its servers. A port of 0 means any free one.
type Config struct {
	REST ListenConfig
	RTMP ListenConfig
	// WebRTC is the port, UDP and TCP, that media to every browser leaves from.
	WebRTC WebRTCConfig
	// WebSDK is where WCS's browser clients connect by WebSocket, and WebSDKTLS the same behind TLS.
	WebSDK    ListenConfig
	WebSDKTLS ListenConfig
	TLS       TLSConfig
	SIP       SIPConfig
	RTP       RTPConfig
	Media     MediaConfig
}

// ListenConfig is one port that is served.
type ListenConfig struct {
	Host string // address to bind; empty = every address
	Port int
}

// Address is host:port as net.Listen takes it.
func (c ListenConfig) Address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// WebRTCConfig is the port for browsers and what helps them to reach it.
type WebRTCConfig struct {
	ListenConfig
	STUN         string // host:port of a server that tells the public address; empty = none
	TURN         string // host:port of a server that relays media; empty = none
	TURNUser     string
	TURNPassword Secret
}

// TLSConfig is the certificate that servers show. Without one they make their own at each start.
type TLSConfig struct {
	Certificate string // PEM file
	Key         string // PEM file
}

// SIPConfig is the SIP user agent.
type SIPConfig struct {
	Host           string // address to bind; empty = every address
	Port           int
	PublicIP       string        // address to name in SDP and Contact, to browsers too; empty = the one the route to the peer has
	RegisterExpiry time.Duration // asked for in REGISTER
	NoAnswer       time.Duration // how long a callee may ring
	Reliable       bool          // provisional responses are acknowledged where the other side can (RFC 3262)
	Follow         bool          // whom the other side of a call hands it to (REFER) is called with the call's account
	STUN           string        // host:port of a server that tells the public address of SIP and RTP; empty = none
	TLSAuthority   string        // PEM file of the certificate authorities of SIP servers; empty = those the system trusts
	Codecs         string        // in order of preference, parted by commas; as DefaultConfig has them if empty
	Accounts       []RegisterSpec
	Rules          []AnswerRule // the first that fits takes the call
}

// RTPConfig is the range RTP ports are taken from.
type RTPConfig struct {
	PortMin int
	PortMax int
}

// MediaConfig is how media is treated.
type MediaConfig struct {
	SlateWithoutVideo bool   // an audio-only call goes out with a slate picture
	RTMPNamePrefix    string // put before rtmpStream, as WCS does
	SoundDir          string // folder of WAV files that may be played into calls and pushes; empty = none
	Transcode         bool   // never pass pictures on as they came (WCS disable_streaming_proxy)
}

// DefaultConfig is what Callcast runs with when nothing is configured: everything on; REST, WebSDK and RTMP on loopback.
func DefaultConfig() Config {
	return Config{
		REST:      ListenConfig{Host: "127.0.0.1", Port: 8081},
		RTMP:      ListenConfig{Host: "127.0.0.1", Port: 1935},
		WebRTC:    WebRTCConfig{ListenConfig: ListenConfig{Port: 8889}},
		WebSDK:    ListenConfig{Host: "127.0.0.1", Port: 8080},
		WebSDKTLS: ListenConfig{Host: "127.0.0.1", Port: 8443},
		SIP: SIPConfig{
			Port:           5060,
			RegisterExpiry: 10 * time.Minute,
			NoAnswer:       time.Minute,
			Reliable:       true,
			Follow:         true,
			Codecs:         "PCMA,PCMU,G722,opus,H264,VP8",
		},
		RTP: RTPConfig{PortMin: 31000, PortMax: 32999},
		Media: MediaConfig{
			SlateWithoutVideo: true,
			RTMPNamePrefix:    "rtmp_",
		},
	}
}
