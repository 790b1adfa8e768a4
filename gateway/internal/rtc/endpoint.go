package rtc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"callcast/gateway"
	"callcast/gateway/internal/media"
)

const (
	socketBuffer = 2 << 20 // a key picture for every browser at once
	tcpQueue     = 64      // packets read from a TCP connection and not yet taken
	tcpBacklog   = 1 << 20 // bytes to a browser over TCP that is slow; beyond it packets are dropped

	silentAfter = 5 * time.Second // without a word, a browser counts as out of reach
	goneAfter   = 5 * time.Second // and then as gone
	keepAlive   = 2 * time.Second

	// gatherTime is how long an answer waits for servers that help to find the way. Without their word it holds what is
	// known here.
	gatherTime = 1500 * time.Millisecond
)

// Params configures an endpoint.
type Params struct {
	Host         string // address to bind; empty = every address
	Port         int    // 0 = any free one
	PublicIP     string // address to name to browsers beside those of this machine; empty = none
	STUN         string // host:port of a server that tells the public address; empty = none
	TURN         string // host:port of a server that relays media; empty = none
	TURNUser     string
	TURNPassword gateway.Secret
	Log          *slog.Logger
}

// Endpoint is the port that media of every browser goes through.
type Endpoint struct {
	addr      *net.UDPAddr
	settings  webrtc.SettingEngine
	relays    []webrtc.ICEServer
	reflexive *reflexive // nil without a STUN server
	conn      *packetsOnly
	udp       ice.UDPMux
	tcp       ice.TCPMux
	packs     packs
}

// Listen opens the port, UDP and TCP.
func Listen(ctx context.Context, p Params) (*Endpoint, error) {
	conn, listener, err := listen(ctx, p.Host, p.Port)
	if err != nil {
		return nil, fmt.Errorf("listen webrtc: %w", err)
	}
	names := loggers{p.Log}
	e := &Endpoint{addr: conn.LocalAddr().(*net.UDPAddr), relays: p.relays(), conn: &packetsOnly{outbox: newOutbox(conn)}}
	e.packs.of = map[*media.Unit][][]byte{}
	s := &e.settings
	if p.STUN == "" {
		e.udp = webrtc.NewICEUDPMux(names.NewLogger("ice-udp"), e.conn)
	} else {
		mux := ice.NewUniversalUDPMuxDefault(ice.UniversalUDPMuxParams{Logger: names.NewLogger("ice-udp"), UDPConn: e.conn})
		e.udp, e.reflexive = mux, &reflexive{server: p.STUN, mux: mux, log: p.Log}
	}
	e.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: &courteous{Listener: listener}, Logger: names.NewLogger("ice-tcp"),
		ReadBufferSize: tcpQueue, WriteBufferSize: tcpBacklog,
		FirstStunBindTimeout: silentAfter, AliveDurationForConnFromStun: silentAfter,
	})
	s.LoggerFactory = names
	s.SetICEUDPMux(e.udp)
	s.SetICETCPMux(e.tcp)
	s.SetNetworkTypes([]webrtc.NetworkType{
		webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6,
	})
	s.SetIncludeLoopbackCandidate(true) // a browser on this machine
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetICETimeouts(silentAfter, ConnectTime, keepAlive) // ice tries to connect for both times together
	s.DisableActiveTCP(true)
	s.SetPrflxAcceptanceMinWait(0) // a browser that answers names no addresses: there are no better ones to wait for
	s.SetSTUNGatherTimeout(gatherTime)
	if p.PublicIP != "" {
		err = s.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External: []string{p.PublicIP}, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteAppend,
		})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("public address %s: %w", p.PublicIP, err), e.Close())
	}
	return e, nil
}

// relays are the servers that browsers are reached through if there is no other way.
func (p *Params) relays() []webrtc.ICEServer {
	if p.TURN == "" {
		return nil
	}
	return []webrtc.ICEServer{{
		URLs: []string{"turn:" + p.TURN + "?transport=udp"}, Username: p.TURNUser, Credential: p.TURNPassword.Reveal(),
	}}
}

// listen opens the same port number for UDP and TCP. If any will do, a number that is free for one and taken for the
// other is given back.
func listen(ctx context.Context, host string, port int) (*net.UDPConn, net.Listener, error) {
	var config net.ListenConfig
	for try := 1; ; try++ {
		packets, err := config.ListenPacket(ctx, "udp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return nil, nil, err
		}
		conn := packets.(*net.UDPConn)
		_ = conn.SetReadBuffer(socketBuffer) // as much as the system allows
		_ = conn.SetWriteBuffer(socketBuffer)
		same := conn.LocalAddr().(*net.UDPAddr).Port
		listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(same)))
		if err == nil {
			return conn, listener, nil
		}
		_ = conn.Close()
		if port != 0 || try == 10 {
			return nil, nil, err
		}
	}
}

// Addr is the address in use.
func (e *Endpoint) Addr() net.Addr { return e.addr }

// Garbage counts packets that were for nobody.
func (e *Endpoint) Garbage() uint64 { return e.conn.garbage.Load() }

// Unsent counts packets that the system refused.
func (e *Endpoint) Unsent() uint64 { return e.conn.unsent.Load() }

// Close closes the port. Peers are closed before.
func (e *Endpoint) Close() error { return errors.Join(e.udp.Close(), e.tcp.Close()) }
