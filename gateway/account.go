package gateway

// Account is the SIP identity a call is made with. Accounts can be compared.
type Account struct {
	Login         string // the user part of the From address
	AuthName      string // digest user name; Login if empty
	Password      Secret
	Domain        string // host[:port] of the From address and of the registrar
	OutboundProxy string // host[:port] that requests are sent to; Domain if empty
	Port          int    // port of the proxy, or of the domain; 0 = 5060, or 5061 by TLS
	Transport     Transport
	TLS           AccountTLS
	SRTP          SRTPPolicy
	Codecs        string // in order of preference, parted by commas; SIPConfig.Codecs if empty
	Register      bool   // REGISTER before calling and keep registered
}

// Transport is how SIP messages travel.
type Transport string

// The transports. Empty means UDP.
const (
	TransportUDP Transport = "udp"
	TransportTCP Transport = "tcp"
	TransportTLS Transport = "tls"
)

// AccountTLS is how the server is known when Transport is TLS.
type AccountTLS struct {
	ServerName string // the name its certificate is to have, and that is sent as SNI; the host connected to if empty
	Pin        string // SHA-256 of its certificate in hexadecimal; if given, this one is trusted and no other
}

// SRTPPolicy is whether media is encrypted, with keys in the session description (RFC 4568).
type SRTPPolicy string

// The policies. Empty means never. Required: a call without encryption does not come about.
const (
	SRTPNever    SRTPPolicy = "never"
	SRTPOptional SRTPPolicy = "optional"
	SRTPRequired SRTPPolicy = "required"
)
